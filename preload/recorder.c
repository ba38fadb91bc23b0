/* recorder.c: the recorder, as the process knows it: whether it lives, and how to wake it. */
#include "shim.h"
#include "sys.h"

void doorbell_ring(void)
{
	atomic_fetch_add(&shim.control->doorbell, 1);
	sys_futex_wake(&shim.control->doorbell);
}

#define STILL_NS (100u * 1000 * 1000) /* a recorder at work beats far more often */

/* A recorder that was killed leaves its heartbeat as it was; in its own namespace it can be asked after. */
static bool recorder_is_gone(const struct lg_control *control)
{
	return !sys_process_exists(control->recorder_pid) && control->pid_namespace &&
	       sys_pid_namespace() == control->pid_namespace;
}

bool recorder_alive(struct patience *p)
{
	uint64_t beat =
	    atomic_load(&shim.control->heartbeat) + 1; /* + 1: never the zero of a fresh patience */
	uint64_t now = sys_now_ns();

	if (beat != p->beat)
		*p = (struct patience){ beat, now };
	if (now - p->since_ns > shim.control->full_wait_ns ||
	    (now - p->since_ns > STILL_NS && recorder_is_gone(shim.control)))
		atomic_store(&shim.control->closed, 1); /* no one else need wait as long */
	return !atomic_load(&shim.control->closed);
}
