/* shared-ptr.cc: a company whose employees know their employer, in a std::shared_ptr or (-DWEAK) in a std::weak_ptr;
 * with -DREGISTRY a global list of weak_ptrs knows all companies. -DSTAFF: how many. Arguments: lost, lost-weak, apart, expired, over. */
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

#ifndef STAFF
#define STAFF 3
#endif
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
static auto &registered = *new std::vector<Company *>;
static auto &gone = *new std::weak_ptr<Employee>;

__attribute__((noinline)) static void found(bool apart)
{
	auto company = apart ? std::shared_ptr<Company>(new Company) : std::make_shared<Company>();

	for (int i = 0; i < STAFF; i++) {
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

/* One that two companies employ is let go once too often. Of others only words are left where nobody owns: behind the end
 * of a vector, in an optional that is empty. */
struct Pool {
	std::vector<std::shared_ptr<Employee>> many, one;
	std::optional<std::shared_ptr<Employee>> last[2];
};
static Pool *pool;
static std::shared_ptr<Employee> &kept = *new std::shared_ptr<Employee>;

__attribute__((noinline)) static void release_twice()
{
	for (int i = 0; i < 2; i++)
		registered.push_back(new Company);
	auto shared = std::make_shared<Employee>();
	for (auto *company : registered)
		company->staff.push_back(shared);
	alignas(std::shared_ptr<Employee>) char copy[sizeof shared];
	memcpy(copy, (void *)&shared, sizeof shared);
	reinterpret_cast<std::shared_ptr<Employee> *>(copy)->~shared_ptr();
	shared.reset();
	memset(copy, 0, sizeof copy);
}

__attribute__((noinline)) static void leave_words()
{
	pool = new Pool;
	kept = std::make_shared<Employee>();
	for (int i = 0; i < 3; i++)
		pool->many.push_back(kept);
	pool->many.resize(1);
	pool->one.push_back(kept);
	pool->one.pop_back();
	for (auto &last : pool->last) {
		last = kept;
		last.reset();
	}
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
	else if (what == "over") {
		release_twice();
		leave_words();
		_exit(0);
	} else
		found(what == "apart");
	return 0;
}
