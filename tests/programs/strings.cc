// strings.cc: blocks of 32 characters, as many as a std::string has bytes itself, made in all the ways that it has. What
// held them is wiped, so that only the code which allocated them tells what they are. None is a std::string.
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include <unistd.h>

static const char *volatile text = "0123456789012345678901234567890";
alignas(16) static char room[sizeof(std::string)];

static void forget()
{
	memset(room, 0, sizeof room);
	asm volatile("" ::: "memory");
}

static void construct(const std::string &other)
{
	const char *start = text;

	new (room) std::string(start, start + 31);
	forget();
	new (room) std::string(start);
	forget();
	new (room) std::string(other);
	forget();
	new (room) std::string(31, 'c');
	forget();
}

static void change(const std::string &other)
{
	(new (room) std::string)->assign(text, 31);
	forget();
	(new (room) std::string)->append(31, 'x');
	forget();
	(new (room) std::string)->insert(0, text, 31);
	forget();
	(new (room) std::string)->reserve(31);
	forget();
	*new (room) std::string = other;
	forget();
}

/* Around the call are instances of templates that are about std::string. */
static void contain(const std::string &other)
{
	static std::vector<std::string> all;
	const char *start = text;

	all.reserve(8);
	all.emplace_back(start);
	all.emplace_back(31, 'x');
	all.emplace_back(start, start + 31);
	all.push_back(other);
	memset(static_cast<void *>(all.data()), 0, 8 * sizeof other);
	asm volatile("" ::: "memory");
}

int main()
{
	std::string other(text);

	construct(other);
	change(other);
	contain(other);
	_exit(0);
}
