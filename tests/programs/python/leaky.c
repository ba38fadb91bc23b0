/* leaky.c: an extension module that loses references on request. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <structmember.h>

/* Takes a reference to each argument and forgets it. */
static PyObject *lose(PyObject *module, PyObject *args)
{
	(void)module;
	for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); i++)
		Py_INCREF(PyTuple_GET_ITEM(args, i));
	Py_RETURN_NONE;
}

/* A reference with a tag in its low bit: it is kept, and can be released again. */
static volatile uintptr_t tagged;

static PyObject *keep_tagged(PyObject *module, PyObject *object)
{
	(void)module;
	Py_INCREF(object);
	tagged = (uintptr_t)object | 1;
	Py_RETURN_NONE;
}

/* A reference at an odd address, as packed records have. */
static volatile struct __attribute__((packed)) {
	char byte;
	PyObject *object;
} packed;

static PyObject *keep_packed(PyObject *module, PyObject *object)
{
	(void)module;
	Py_INCREF(object);
	packed.object = object;
	Py_RETURN_NONE;
}

/* One reference too few: what still points at it will point at nothing. */
static PyObject *overfree(PyObject *module, PyObject *object)
{
	(void)module;
	Py_DECREF(object);
	Py_RETURN_NONE;
}

struct box {
	PyObject_HEAD PyObject *named; /* a member of its type */
	PyObject *hidden; /* known to the collector only */
	void *buffer;
};

static int box_traverse(struct box *box, visitproc visit, void *arg)
{
	Py_VISIT(box->named);
	Py_VISIT(box->hidden);
	return 0;
}

static int box_clear(struct box *box)
{
	Py_CLEAR(box->named);
	Py_CLEAR(box->hidden);
	return 0;
}

static void box_dealloc(struct box *box)
{
	PyObject_GC_UnTrack(box);
	box_clear(box);
	PyMem_Free(box->buffer);
	Py_TYPE(box)->tp_free((PyObject *)box);
}

static PyObject *box_hide(struct box *box, PyObject *object)
{
	Py_INCREF(object);
	Py_XSETREF(box->hidden, object);
	if (!box->buffer)
		box->buffer = PyMem_Calloc(1, 100);
	Py_RETURN_NONE;
}

static PyMemberDef box_members[] = { { "named", T_OBJECT_EX, offsetof(struct box, named), 0, NULL }, { 0 } };
static PyMethodDef box_methods[] = { { "hide", (PyCFunction)box_hide, METH_O, NULL }, { 0 } };

static PyTypeObject box_type = {
	PyVarObject_HEAD_INIT(NULL, 0).tp_name = "leaky.Box",
	.tp_basicsize = sizeof(struct box),
	.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
	.tp_new = PyType_GenericNew,
	.tp_dealloc = (destructor)box_dealloc,
	.tp_traverse = (traverseproc)box_traverse,
	.tp_clear = (inquiry)box_clear,
	.tp_members = box_members,
	.tp_methods = box_methods,
};

static PyMethodDef methods[] = { { "lose", lose, METH_VARARGS, NULL },
				 { "keep_tagged", keep_tagged, METH_O, NULL },
				 { "keep_packed", keep_packed, METH_O, NULL },
				 { "overfree", overfree, METH_O, NULL },
				 { 0 } };
static struct PyModuleDef leaky = { PyModuleDef_HEAD_INIT, .m_name = "leaky", .m_size = -1,
				    .m_methods = methods };

PyMODINIT_FUNC PyInit_leaky(void)
{
	PyObject *module = PyModule_Create(&leaky);

	if (module && PyModule_AddType(module, &box_type) < 0)
		Py_CLEAR(module);
	return module;
}
