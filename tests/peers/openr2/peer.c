/* OpenR2 as the far side of one R2 channel.
 *
 * The library believes that it works on a DAHDI channel: the system calls it makes (ioctl, read,
 * write, gettimeofday) are answered here, from what the test sends. So the tones are audio, the
 * line signals are bits, and time is counted in frames: a call of two minutes is over at once.
 *
 * Run: peer VARIANT ANI_MAX DNIS_MAX, with a stream socket as standard input. For each frame the
 * test writes 161 octets and a line: signalling bits, 160 codes of A-law, a command or nothing.
 * The answer is of the same form, with what has happened since in its line, words by semicolons.
 * Commands: call ANI DNIS CATEGORY; accept; answer; hangup CAUSE; block; idle. With "auto WHAT" a
 * call that is offered is dealt with by itself: accept, answer, or hangup CAUSE.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <openr2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

enum { CHANNEL = 1000, FRAME = 160, FRAME_US = 20000 };
enum { WORDS_MAX = 4096 };

/* Requests of DAHDI that the library makes. */
#define GET_PARAMS 0xC088DA05u
#define FLUSH 0x4004DA03u
#define GET_EVENT 0x8004DA08u
#define IO_MUX 0xC004DA09u
#define GET_BITS 0x8004DA2Bu
#define SET_BITS 0x4004DA2Bu
#define GET_BUFFERS 0x8018DA1Bu
enum { MUX_READ = 1, MUX_WRITE = 2, MUX_EVENT = 8, EVENT_BITS = 13, SIGNALLING_CAS = 0x8000 };

static long frames;
static unsigned char rx_bits = 0xd, tx_bits, rx[FRAME], tx[FRAME];
static int rx_fresh, tx_free, bits_changed;
static char words[WORDS_MAX];
static char automatic[64];
static openr2_chan_t *channel;

static void say(const char *format, ...) {
  size_t used = strlen(words);
  va_list arguments;
  va_start(arguments, format);
  if (used < WORDS_MAX - 100)
    vsnprintf(words + used, WORDS_MAX - used, format, arguments);
  va_end(arguments);
  strncat(words, ";", WORDS_MAX - strlen(words) - 1);
}

/* The kernel. */

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  (void)zone;
  now->tv_sec = 1000000 + frames * FRAME_US / 1000000;
  now->tv_usec = frames * FRAME_US % 1000000;
  return 0;
}

int ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  int *number = argument;
  if (fd != CHANNEL)
    return syscall(SYS_ioctl, fd, request, argument);
  switch ((unsigned)request) {
  case GET_PARAMS: /* channo, spanno, chanpos, sigtype, sigcap */
    memset(argument, 0, 136);
    number[0] = number[1] = number[2] = 1;
    number[3] = number[4] = SIGNALLING_CAS;
    break;
  case GET_BUFFERS: /* policies, numbufs, bufsize, in use */
    memset(argument, 0, 24);
    number[2] = 4;
    number[3] = FRAME;
    break;
  case IO_MUX:
    *number &= (rx_fresh ? MUX_READ : 0) | (tx_free ? MUX_WRITE : 0) |
               (bits_changed ? MUX_EVENT : 0);
    break;
  case GET_EVENT:
    *number = bits_changed ? EVENT_BITS : 0;
    bits_changed = 0;
    break;
  case GET_BITS:
    *number = rx_bits;
    break;
  case SET_BITS:
    tx_bits = *number & 0xf;
    break;
  case FLUSH:
    if (*number & 2) {
      memset(tx, 0xd5, FRAME);
      tx_free = 1;
    }
    break;
  default: /* law, gains, echo canceller, block size: as asked */
    break;
  }
  return 0;
}

ssize_t read(int fd, void *to, size_t length) {
  if (fd != CHANNEL)
    return syscall(SYS_read, fd, to, length);
  if (!rx_fresh) {
    errno = EAGAIN;
    return -1;
  }
  rx_fresh = 0;
  memcpy(to, rx, FRAME);
  return FRAME;
}

ssize_t write(int fd, const void *from, size_t length) {
  if (fd != CHANNEL)
    return syscall(SYS_write, fd, from, length);
  tx_free = 0;
  memcpy(tx, from, length < FRAME ? length : FRAME);
  return length;
}

/* A-law by its formula (ITU-T G.711, table 1). */

static int16_t to_linear(uint8_t code) {
  code ^= 0x55;
  int step = code & 15, segment = code >> 4 & 7;
  int value = segment ? (2 * step + 33) << (segment - 1) : 2 * step + 1;
  return (code & 0x80 ? value : -value) * 8;
}

static uint8_t from_linear(int sample) {
  int best = 0, distance = 1 << 30;
  for (int code = 0; code < 256; code++) {
    int off = abs(to_linear(code) - sample);
    if (off < distance)
      distance = off, best = code;
  }
  return best;
}

static uint8_t code_of[65536];

static uint8_t to_code(int sample) {
  sample = sample > 32767 ? 32767 : sample < -32768 ? -32768 : sample;
  return code_of[sample + 32768];
}

static openr2_transcoder_interface_t transcoder = {to_linear, to_code};

/* What the library tells. */

static openr2_call_disconnect_cause_t cause_of(const char *name) {
  static const char *names[] = {"busy",     "congestion", "vacant",  "out-of-order", "unspecified",
                                "noanswer", "normal",     "collect", "forced",       "changed"};
  for (unsigned cause = 0; cause < sizeof names / sizeof *names; cause++)
    if (!strcmp(names[cause], name))
      return cause;
  fprintf(stderr, "peer: no cause %s\n", name);
  exit(2);
}

static void on_offered(openr2_chan_t *c, const char *ani, const char *dnis,
                       openr2_calling_party_category_t category) {
  say("offered ani=%s dnis=%s category=%d", ani ? ani : "restricted", dnis, category);
  if (!strcmp(automatic, "accept") || !strcmp(automatic, "answer"))
    openr2_chan_accept_call(c, OR2_CALL_WITH_CHARGE);
  else if (!strncmp(automatic, "hangup ", 7))
    openr2_chan_disconnect_call(c, cause_of(automatic + 7));
}

static void on_accepted(openr2_chan_t *c, openr2_call_mode_t mode) {
  (void)mode;
  say("accepted");
  if (!strcmp(automatic, "answer") && openr2_chan_get_direction(c) == OR2_DIR_BACKWARD)
    openr2_chan_answer_call(c);
}

static void on_disconnect(openr2_chan_t *c, openr2_call_disconnect_cause_t cause) {
  say("disconnect %d", cause);
  openr2_chan_disconnect_call(c, OR2_CAUSE_NORMAL_CLEARING);
}

static void on_new(openr2_chan_t *c) { (void)c, say("new"); }
static void on_answered(openr2_chan_t *c) { (void)c, say("answered"); }
static void on_end(openr2_chan_t *c) { (void)c, say("end"); }
static void on_read(openr2_chan_t *c, const unsigned char *b, int n) { (void)c, (void)b, (void)n; }
static void on_alarm(openr2_chan_t *c, int alarm) { (void)c, say("alarm %d", alarm); }
static void on_os_error(openr2_chan_t *c, int code) { (void)c, say("os-error %d", code); }
static void on_protocol_error(openr2_chan_t *c, openr2_protocol_error_t error) {
  (void)c, say("protocol-error %s", openr2_proto_get_error(error));
}
static void on_blocked(openr2_chan_t *c) { (void)c, say("blocked"); }
static void on_idle(openr2_chan_t *c) { (void)c, say("idle"); }
static void on_log(openr2_context_t *c, openr2_log_level_t level, const char *format, va_list a) {
  (void)c, (void)level, (void)format, (void)a;
}
static int on_dnis(openr2_chan_t *c, char digit) { return (void)c, (void)digit, 1; }
static void on_ani(openr2_chan_t *c, char digit) { (void)c, (void)digit; }
static void on_billing(openr2_chan_t *c) { (void)c, say("billing"); }

static void log_channel(openr2_chan_t *c, openr2_log_level_t level, const char *format, va_list a) {
  (void)c, (void)level;
  if (getenv("OPENR2_LOG")) {
    fprintf(stderr, "%7ld ms  ", frames * 20);
    vfprintf(stderr, format, a);
  }
}

static openr2_event_interface_t events = {
    .on_call_init = on_new,
    .on_call_offered = on_offered,
    .on_call_accepted = on_accepted,
    .on_call_answered = on_answered,
    .on_call_disconnect = on_disconnect,
    .on_call_end = on_end,
    .on_call_read = on_read,
    .on_hardware_alarm = on_alarm,
    .on_os_error = on_os_error,
    .on_protocol_error = on_protocol_error,
    .on_line_blocked = on_blocked,
    .on_line_idle = on_idle,
    .on_context_log = on_log,
    .on_dnis_digit_received = on_dnis,
    .on_ani_digit_received = on_ani,
    .on_billing_pulse_received = on_billing,
};

/* The test. */

static void obey(char *command) {
  char ani[100], dnis[100];
  int category;
  if (sscanf(command, "call %99s %99s %d", ani, dnis, &category) == 3) {
    const char *number = strcmp(ani, "-") ? ani : NULL;
    if (openr2_chan_make_call(channel, number, dnis, category))
      say("no-call");
  } else if (!strcmp(command, "accept"))
    openr2_chan_accept_call(channel, OR2_CALL_WITH_CHARGE);
  else if (!strcmp(command, "answer"))
    openr2_chan_answer_call(channel);
  else if (!strncmp(command, "hangup ", 7))
    openr2_chan_disconnect_call(channel, cause_of(command + 7));
  else if (!strcmp(command, "block"))
    openr2_chan_set_blocked(channel);
  else if (!strcmp(command, "idle"))
    openr2_chan_set_idle(channel);
  else if (!strncmp(command, "auto ", 5) && strlen(command) < sizeof automatic)
    strcpy(automatic, command + 5);
  else if (*command) {
    fprintf(stderr, "peer: what is '%s'?\n", command);
    exit(2);
  }
}

static int take(void *to, size_t length) {
  for (size_t got = 0; got < length;) {
    ssize_t n = read(0, (char *)to + got, length - got);
    if (n <= 0)
      return 0;
    got += n;
  }
  return 1;
}

static int take_line(char *line, size_t room) {
  for (size_t length = 0; length < room; length++) {
    if (!take(line + length, 1))
      return 0;
    if (line[length] == '\n') {
      line[length] = 0;
      return 1;
    }
  }
  return 0;
}

static void give(const void *from, size_t length) {
  for (size_t given = 0; given < length;) {
    ssize_t n = write(0, (const char *)from + given, length - given);
    if (n <= 0)
      exit(0);
    given += n;
  }
}

int main(int count, char **arguments) {
  if (count != 4) {
    fprintf(stderr, "peer VARIANT ANI_MAX DNIS_MAX\n");
    return 2;
  }
  for (int sample = -32768; sample < 32768; sample++)
    code_of[sample + 32768] = from_linear(sample);
  openr2_variant_t variant = openr2_proto_get_variant(arguments[1]);
  openr2_context_t *context =
      openr2_context_new(NULL, &events, &transcoder, variant, atoi(arguments[2]), atoi(arguments[3]));
  if (!context || variant == OR2_VAR_UNKNOWN) {
    fprintf(stderr, "peer: no variant %s\n", arguments[1]);
    return 2;
  }
  openr2_context_set_log_level(context, OR2_LOG_ERROR | OR2_LOG_WARNING | OR2_LOG_NOTICE |
                                            OR2_LOG_DEBUG | OR2_LOG_MF_TRACE | OR2_LOG_CAS_TRACE);
  channel = openr2_chan_new_from_fd(context, CHANNEL, NULL, NULL);
  if (!channel) {
    fprintf(stderr, "peer: no channel\n");
    return 2;
  }
  openr2_chan_set_logging_func(channel, log_channel);
  openr2_chan_set_log_level(channel, OR2_LOG_ERROR | OR2_LOG_WARNING | OR2_LOG_NOTICE |
                                         OR2_LOG_DEBUG | OR2_LOG_MF_TRACE | OR2_LOG_CAS_TRACE);
  openr2_chan_set_idle(channel);
  openr2_chan_handle_cas(channel);
  openr2_chan_enable_read(channel);
  unsigned char bits;
  char command[256];
  while (take(&bits, 1) && take(rx, FRAME) && take_line(command, sizeof command)) {
    frames++;
    rx_fresh = tx_free = 1;
    memset(tx, 0xd5, FRAME);
    bits_changed = bits != rx_bits;
    rx_bits = bits;
    obey(command);
    for (int round = 0; round < 4; round++)
      openr2_chan_process_event(channel);
    give(&tx_bits, 1);
    give(tx, FRAME);
    strncat(words, "\n", WORDS_MAX - strlen(words) - 1);
    give(words, strlen(words));
    words[0] = 0;
  }
  return 0;
}
