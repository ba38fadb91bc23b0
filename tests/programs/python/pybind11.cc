/* pybind11.cc: an extension module that takes references to its objects and forgets them. */
#include <pybind11/pybind11.h>
namespace py = pybind11;

struct Thing {
	long value = 7;
};

struct Keeper {
	py::object kept;
};

PYBIND11_MODULE(bound, module)
{
	py::class_<Thing>(module, "Thing").def(py::init<>());
	py::class_<Keeper>(module, "Keeper").def(py::init<>()).def_readwrite("kept", &Keeper::kept);
	module.def("lose", [](py::object object) { object.inc_ref(); });
}
