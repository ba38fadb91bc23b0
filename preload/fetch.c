/* fetch.c: the segment from the recorder's hand. A program that runs as another user than the recorder, under another
 * /proc or in another user namespace cannot open the segment by its path; the recorder hands it over through a socket
 * whose name is that path, to programs that it knows to have been executed in its tree (lend.h). Used once, as the process
 * boots, and not under a filter. */
#include "shim.h"
#include "sys.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define WAIT_US (900 * 1000) /* what a recorder at work stays well below */

/* A connection that does not wait for ever. */
static int connect_to(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int64_t wait[2] = { 0, WAIT_US }; /* struct timeval */
	int fd = sys_socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC);
	size_t n = strlen(name);

	if (fd < 0)
		return -1;
	memcpy(address.sun_path + 1, name, n); /* [0] is 0: a name of no file */
	sys_setsockopt(fd, SO_RCVTIMEO, wait, sizeof wait);
	sys_setsockopt(fd, SO_SNDTIMEO, wait, sizeof wait);
	if (!sys_connect(fd, &address, (unsigned)(offsetof(struct sockaddr_un, sun_path) + 1 + n)))
		return fd;
	sys_close(fd);
	return -1;
}

#define OVERFLOW_UID 65534 /* in a user namespace: anyone who has no id in it (user_namespaces(7)) */

/* Anyone may have taken the name of a recorder that is gone: root and this very user are trusted. */
static bool is_trusted(int fd)
{
	struct ucred peer = { .uid = OVERFLOW_UID };
	unsigned bytes = sizeof peer;

	return !sys_getsockopt(fd, SO_PEERCRED, &peer, &bytes) &&
	       (peer.uid == 0 || (peer.uid == sys_geteuid() && peer.uid != OVERFLOW_UID));
}

static int receive(int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} handed = { .header = { .cmsg_len = 0 } };
	char byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = &handed, .msg_controllen = sizeof handed
	};
	int segment = -1;

	if (sys_recvmsg(fd, &message, MSG_CMSG_CLOEXEC) == 1 &&
	    message.msg_controllen >= CMSG_LEN(sizeof segment) && handed.header.cmsg_type == SCM_RIGHTS)
		memcpy(&segment, CMSG_DATA(&handed.header), sizeof segment);
	return segment;
}

int fetch_segment(const char *name)
{
	int fd = connect_to(name), segment = fd >= 0 && is_trusted(fd) ? receive(fd) : -1;

	if (fd >= 0)
		sys_close(fd);
	return segment;
}
