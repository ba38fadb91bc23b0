/* shared-ptr.cc: a company whose employees know their employer, in a std::shared_ptr or (-DWEAK) in a std::weak_ptr;
 * with -DREGISTRY a global list of weak_ptrs knows all companies. Arguments: lost, lost-weak, apart, expired. */
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

struct Company;
#ifdef WEAK
typedef std::weak_ptr<Company> employer_ptr;
#else
typedef std::shared_ptr<Company> employer_ptr;
#endif

struct Employee {
	long number = 0;
	employer_ptr employer;
	long room = 7;
};
struct Company {
	std::vector<std::shared_ptr<Employee>> staff;
	long founded = 1999;
};

static auto &registry = *new std::vector<std::weak_ptr<Company>>; /* never destroyed */
static auto &gone = *new std::weak_ptr<Employee>;

__attribute__((noinline)) static void found(bool apart)
{
	auto company = apart ? std::shared_ptr<Company>(new Company) : std::make_shared<Company>();

	for (int i = 0; i < 3; i++) {
		auto one = apart ? std::shared_ptr<Employee>(new Employee) : std::make_shared<Employee>();
		one->employer = company;
		company->staff.push_back(one);
	}
#ifdef REGISTRY
	registry.push_back(company);
#endif
}

/* A copy that nobody destroys, in memory that is wiped. */
template <class Pointer> __attribute__((noinline)) static void lose()
{
	static char place[sizeof(Pointer)];
	auto one = std::make_shared<Employee>();

	new (place) Pointer(one);
	explicit_bzero(place, sizeof place);
}

__attribute__((noinline)) static void expire()
{
	gone = std::make_shared<Employee>();
}

int main(int n, char **words)
{
	std::string what = n > 1 ? words[1] : "";

	if (what == "lost")
		lose<std::shared_ptr<Employee>>();
	else if (what == "lost-weak")
		lose<std::weak_ptr<Employee>>();
	else if (what == "expired")
		expire();
	else
		found(what == "apart");
	return 0;
}
