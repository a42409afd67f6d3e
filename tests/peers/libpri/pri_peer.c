/*
 * libpri as a peer under the test's own time. The test speaks lines over standard input and
 * output (one Unix stream socket), in lock step: every command is answered by any number of `f`
 * (frame) and `e` (event) lines and one line `. NEXT`, the time in microseconds at which libpri
 * next wants to be called, or `-`.
 *
 * libpri asks gettimeofday for the time; ours, which the linker finds first, tells the test's.
 *
 * Frames carry two octets for the FCS on both ways, as the DAHDI device has them. With
 * `device=NUMBER` they go to and come from that channel of DAHDI, a D-channel, instead of the
 * lines; they are read at every command.
 */
#include <errno.h>
#include <fcntl.h>
#include <libpri.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#define CALLS 512
#define FRAMES 64
#define FRAME 512

static int64_t now_us;
static struct { int id; q931_call *call; } calls[CALLS];
static int next_incoming = 1000;
static struct { int len; unsigned char octets[FRAME]; } incoming[FRAMES];
static int head, tail;
static struct pri *pri;
static int device = -1;
/* No frame waits on the device. */
static int drained = 1;

/* DAHDI's requests, and the error that says that an event is in the way of frames. */
#define GET_EVENT _IOR(0xda, 8, int)
#define SET_BUFFERS _IOW(0xda, 27, int[6])
#define SPECIFY _IOW(0xda, 38, int)
#define EVENT_WAITS 500

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	(void)zone;
	tv->tv_sec = now_us / 1000000;
	tv->tv_usec = now_us % 1000000;
	return 0;
}

static void fail(const char *what)
{
	fprintf(stderr, "pri_peer: %s\n", what);
	exit(1);
}

static void open_device(int channel)
{
	int buffers[6] = { 0, 0, 32, 1024, 0, 0 };
	device = open("/dev/dahdi/channel", O_RDWR | O_NONBLOCK);
	if (device < 0 || ioctl(device, SPECIFY, &channel) || ioctl(device, SET_BUFFERS, buffers))
		fail("the D-channel does not open");
}

/* Whether the device can be tried again. */
static int take_device_event(void)
{
	int event;
	return errno == EVENT_WAITS && !ioctl(device, GET_EVENT, &event);
}

static int take_device_frame(void *buf, int len)
{
	int n;
	do
		n = read(device, buf, len);
	while (n < 0 && take_device_event());
	drained = n <= 0;
	return n < 0 ? 0 : n;
}

static int take_frame(struct pri *p, void *buf, int len)
{
	(void)p;
	if (device >= 0)
		return take_device_frame(buf, len);
	if (head == tail)
		return 0;
	int n = incoming[head % FRAMES].len;
	if (n > len)
		fail("a frame is longer than libpri takes");
	memcpy(buf, incoming[head % FRAMES].octets, n);
	head++;
	return n;
}

static int give_frame(struct pri *p, void *buf, int len)
{
	(void)p;
	const unsigned char *octets = buf;
	if (device >= 0) {
		int n;
		do
			n = write(device, buf, len);
		while (n < 0 && take_device_event());
		return n;
	}
	printf("f ");
	for (int i = 0; i < len - 2; i++)
		printf("%02x", octets[i]);
	printf("\n");
	return len;
}

static void complain(struct pri *p, char *text)
{
	(void)p;
	fprintf(stderr, "%s", text);
}

static q931_call *call_of(int id)
{
	for (int i = 0; i < CALLS; i++)
		if (calls[i].call && calls[i].id == id)
			return calls[i].call;
	return NULL;
}

static int id_of(q931_call *call)
{
	for (int i = 0; i < CALLS; i++)
		if (calls[i].call == call)
			return calls[i].id;
	return -1;
}

static void lose(int i)
{
	printf("e gone id=%d\n", calls[i].id);
	calls[i].call = NULL;
}

/* Not in its header, but exported: whether libpri still knows the call. */
int q931_is_call_valid(struct pri *pri, q931_call *call);

/* libpri frees some calls without a word. */
static void sweep(void)
{
	for (int i = 0; i < CALLS; i++)
		if (calls[i].call && !q931_is_call_valid(pri, calls[i].call))
			lose(i);
}

/* A call freed a moment ago may have had the new one's address. */
static int remember(int id, q931_call *call)
{
	for (int i = 0; i < CALLS; i++)
		if (calls[i].call == call)
			lose(i);
	for (int i = 0; i < CALLS; i++)
		if (!calls[i].call) {
			calls[i].call = call;
			calls[i].id = id;
			return id;
		}
	fail("too many calls");
	return -1;
}

static const char *text(const char *s) { return *s ? s : "-"; }

static void print_connected(struct pri_subcommands *subcmds)
{
	for (int i = 0; subcmds && i < subcmds->counter_subcmd; i++) {
		struct pri_subcommand *s = &subcmds->subcmd[i];
		if (s->cmd == PRI_SUBCMD_CONNECTED_LINE && s->u.connected_line.id.number.valid)
			printf(" connected=%s", text(s->u.connected_line.id.number.str));
	}
}

static void print_event(pri_event *e)
{
	switch (e->e) {
	case PRI_EVENT_RING: {
		int id = remember(next_incoming++, e->ring.call);
		printf("e ring id=%d channel=%d flexible=%d called=%s calling=%s pres=%d plan=%d name=%s "
			"complete=%d bearer=%d law=%d redirecting=%s reason=%d progress=%d\n",
			id, e->ring.channel & 0xff, e->ring.flexible, text(e->ring.callednum),
			text(e->ring.callingnum), e->ring.callingpres, e->ring.callingplan,
			text(e->ring.callingname), e->ring.complete, e->ring.ctype, e->ring.layer1,
			text(e->ring.redirectingnum), e->ring.redirectingreason, e->ring.progressmask);
		break;
	}
	case PRI_EVENT_INFO_RECEIVED:
	case PRI_EVENT_KEYPAD_DIGIT:
		if (e->e == PRI_EVENT_INFO_RECEIVED)
			printf("e info id=%d digits=%s complete=%d\n", id_of(e->ring.call),
				text(e->ring.callednum), e->ring.complete);
		else
			printf("e keypad id=%d digits=%s\n", id_of(e->digit.call), text(e->digit.digits));
		break;
	case PRI_EVENT_PROCEEDING:
	case PRI_EVENT_PROGRESS:
		printf("e %s id=%d channel=%d progress=%d cause=%d\n",
			e->e == PRI_EVENT_PROGRESS ? "progress" : "proceeding", id_of(e->proceeding.call),
			e->proceeding.channel & 0xff, e->proceeding.progressmask, e->proceeding.cause);
		break;
	case PRI_EVENT_SETUP_ACK:
		printf("e setup-ack id=%d channel=%d progress=%d\n", id_of(e->setup_ack.call),
			e->setup_ack.channel & 0xff, e->setup_ack.progressmask);
		break;
	case PRI_EVENT_RINGING:
		printf("e ringing id=%d channel=%d progress=%d\n", id_of(e->ringing.call),
			e->ringing.channel & 0xff, e->ringing.progressmask);
		break;
	case PRI_EVENT_ANSWER:
		printf("e answer id=%d channel=%d", id_of(e->answer.call), e->answer.channel & 0xff);
		print_connected(e->answer.subcmds);
		printf("\n");
		break;
	case PRI_EVENT_HANGUP:
	case PRI_EVENT_HANGUP_REQ:
	case PRI_EVENT_HANGUP_ACK:
		printf("e %s id=%d cause=%d\n", e->e == PRI_EVENT_HANGUP ? "hangup" :
			e->e == PRI_EVENT_HANGUP_REQ ? "hangup-req" : "hangup-ack",
			id_of(e->hangup.call), e->hangup.cause);
		break;
	case PRI_EVENT_RESTART:
		printf("e restart channel=%d\n", e->restart.channel);
		break;
	case PRI_EVENT_RESTART_ACK:
		printf("e restart-ack channel=%d\n", e->restartack.channel);
		break;
	case PRI_EVENT_NOTIFY:
		printf("e notify id=%d info=%d\n", id_of(e->notify.call), e->notify.info);
		break;
	case PRI_EVENT_DCHAN_UP:
		printf("e up\n");
		break;
	case PRI_EVENT_DCHAN_DOWN:
		printf("e down\n");
		break;
	default:
		printf("e other number=%d\n", e->e);
	}
}

static void run_events(void)
{
	pri_event *e;
	do {
		drained = 1;
		while ((e = pri_check_event(pri)))
			print_event(e);
	} while (!drained);
}

/* Runs every timer up to `to`, each at its own time. */
static void advance(int64_t to)
{
	for (int rounds = 0; rounds < 100000; rounds++) {
		struct timeval *tv = pri_schedule_next(pri);
		if (!tv)
			break;
		int64_t due = (int64_t)tv->tv_sec * 1000000 + tv->tv_usec;
		if (due > to)
			break;
		if (due > now_us)
			now_us = due;
		pri_event *e = pri_schedule_run(pri);
		if (e)
			print_event(e);
	}
	if (to > now_us)
		now_us = to;
}

static void receive(const char *hex)
{
	if (tail - head >= FRAMES)
		fail("too many frames wait");
	int n = 0;
	unsigned octet;
	while (n < FRAME - 2 && sscanf(hex + 2 * n, "%2x", &octet) == 1)
		incoming[tail % FRAMES].octets[n++] = octet;
	incoming[tail % FRAMES].octets[n] = incoming[tail % FRAMES].octets[n + 1] = 0;
	incoming[tail % FRAMES].len = n + 2;
	tail++;
	run_events();
}

static void setup(char *args)
{
	int id, channel, exclusive, complete, plan, pres, trans;
	char caller[64], called[64], redirecting[64];
	if (sscanf(args, "%d %d %d %63s %63s %d %d %d %d %63s", &id, &channel, &exclusive, caller,
			called, &complete, &plan, &pres, &trans, redirecting) != 10)
		fail("setup wants ten values");
	q931_call *call = pri_new_call(pri);
	if (!call)
		fail("no call");
	remember(id, call);
	struct pri_sr *sr = pri_sr_new();
	pri_sr_set_channel(sr, channel, exclusive, 0);
	pri_sr_set_bearer(sr, trans, PRI_LAYER_1_ALAW);
	pri_sr_set_called(sr, strcmp(called, "-") ? called : "", plan, complete);
	if (strcmp(caller, "-"))
		pri_sr_set_caller(sr, caller, NULL, plan, pres);
	if (strcmp(redirecting, "-"))
		pri_sr_set_redirecting(sr, redirecting, plan, pres, PRI_REDIR_UNCONDITIONAL);
	if (pri_setup(pri, call, sr))
		printf("e refused id=%d\n", id);
	pri_sr_free(sr);
}

static void act(const char *verb, char *args)
{
	int id = 0, a = 0, b = 0;
	char digits[64] = "";
	sscanf(args, "%d %d %d", &id, &a, &b);
	q931_call *call = call_of(id);
	if (!strcmp(verb, "restart")) {
		pri_reset(pri, id);
		return;
	}
	if (!call)
		return;
	if (!strcmp(verb, "setup-ack"))
		pri_setup_ack(pri, call, a, 0, b);
	else if (!strcmp(verb, "proceed"))
		pri_proceeding(pri, call, a, b);
	else if (!strcmp(verb, "alert"))
		pri_acknowledge(pri, call, a, b);
	else if (!strcmp(verb, "progress"))
		pri_progress(pri, call, a, b);
	else if (!strcmp(verb, "answer"))
		pri_answer(pri, call, a, 0);
	else if (!strcmp(verb, "notify"))
		pri_notify(pri, call, a, b);
	else if (!strcmp(verb, "info")) {
		sscanf(args, "%*d %63s", digits);
		for (char *d = digits; *d; d++)
			pri_information(pri, call, *d);
	} else if (!strcmp(verb, "hangup")) {
		pri_hangup(pri, call, a);
	} else if (!strcmp(verb, "destroy")) {
		pri_destroycall(pri, call);
	} else
		fail("unknown command");
}

static void print_info(void)
{
	char *info = pri_dump_info_str(pri);
	for (char *line = strtok(info, "\n"); line; line = strtok(NULL, "\n"))
		printf("i %s\n", line);
	free(info);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		fail("usage: pri_peer network|user [device=NUMBER] [timer=ms ...]");
	int side = strcmp(argv[1], "network") ? PRI_CPE : PRI_NETWORK;
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	pri_set_message(complain);
	pri_set_error(complain);
	pri = pri_new_cb(0, side, PRI_SWITCH_EUROISDN_E1, take_frame, give_frame, NULL);
	if (!pri)
		fail("libpri does not start");
	pri_set_overlapdial(pri, 1);
	pri_facility_enable(pri);
	if (getenv("PRI_PEER_DEBUG"))
		pri_set_debug(pri, PRI_DEBUG_Q921_STATE | PRI_DEBUG_Q921_DUMP | PRI_DEBUG_Q931_DUMP |
			PRI_DEBUG_Q931_STATE);
	for (int i = 2; i < argc; i++) {
		char *value = strchr(argv[i], '=');
		if (!value)
			fail("a timer is written name=value");
		*value++ = 0;
		if (!strcmp(argv[i], "device")) {
			open_device(atoi(value));
			continue;
		}
		int timer = pri_timer2idx(argv[i]);
		if (timer < 0 || pri_set_timer(pri, timer, atoi(value)))
			fail("libpri has no such timer");
	}
	static char line[4096];
	while (fgets(line, sizeof line, stdin)) {
		char verb[16] = "";
		int n = 0;
		sscanf(line, "%15s %n", verb, &n);
		char *args = line + n;
		if (!strcmp(verb, "t"))
			advance(strtoll(args, NULL, 10));
		else if (!strcmp(verb, "f"))
			receive(args);
		else if (!strcmp(verb, "setup"))
			setup(args);
		else if (!strcmp(verb, "dump"))
			print_info();
		else
			act(verb, args);
		run_events();
		sweep();
		struct timeval *tv = pri_schedule_next(pri);
		if (tv)
			printf(". %lld\n", (long long)tv->tv_sec * 1000000 + tv->tv_usec);
		else
			printf(". -\n");
		fflush(stdout);
	}
	return 0;
}
