/* SOCK_SEQPACKET frames between our programs. */
#include "chan.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

int
chan_pair(int fd[2], int sndbuf)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		0, fd) == -1)
		return -errno;
	/* A smaller buffer than wished for still works. */
	for (int i = 0; sndbuf > 0 && i < 2; i++)
		(void)setsockopt(
		    fd[i], SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof(sndbuf));
	return 0;
}

int
chan_send(int fd, const void *frame, size_t len)
{
	ssize_t n;

	do
		n = send(fd, frame, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	return n == -1 ? -errno : 0;
}

ssize_t
chan_recv(int fd, void *frame, size_t cap)
{
	struct iovec iov = {.iov_base = frame, .iov_len = cap};
	struct msghdr hdr = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	do
		n = recvmsg(fd, &hdr, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return -errno;
	return hdr.msg_flags & MSG_TRUNC ? -EMSGSIZE : n;
}
