/* lend.c: see lend.h. */
#include "record/lend.h"

#include "leakgraph/env.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WAITING_MAX 64

/* Who connects rings the recorder's doorbell: it does as the end of a child does (signals.h). */
static void ring_when_ready(int fd)
{
	fcntl(fd, F_SETOWN, getpid());
	fcntl(fd, F_SETSIG, SIGCHLD);
	fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC);
}

int lend_open(const struct segment *s)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int n, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	n = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, LG_SEGMENT_PATH, getpid(), s->fd);
	if (!bind(fd, (const struct sockaddr *)&address,
		  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)) &&
	    !listen(fd, WAITING_MAX)) {
		ring_when_ready(fd);
		return fd;
	}
	close(fd);
	return -1;
}

void lend_close(int socket)
{
	if (socket >= 0)
		close(socket);
}

/* accept(2) makes a socket before it looks whether anyone has come. */
static bool has_come(int socket)
{
	struct pollfd p = { .fd = socket, .events = POLLIN };

	return socket >= 0 && poll(&p, 1, 0) == 1;
}

int lend_next(int socket, uint32_t *pid)
{
	struct ucred peer = { .pid = 0 };
	socklen_t bytes = sizeof peer;
	int connection = has_come(socket) ? accept4(socket, NULL, NULL, SOCK_CLOEXEC) : -1;

	if (connection >= 0)
		getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &bytes);
	*pid = (uint32_t)peer.pid;
	return connection;
}

void lend_answer(int connection, int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof fd)];
	} handed = { .header = { CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS } };
	char none = 0;
	struct iovec byte = { &none, 1 };
	struct msghdr message = {
		.msg_iov = &byte, .msg_iovlen = 1, .msg_control = &handed, .msg_controllen = sizeof handed
	};

	memcpy(CMSG_DATA(&handed.header), &fd, sizeof fd);
	if (fd >= 0)
		sendmsg(connection, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(connection);
}
