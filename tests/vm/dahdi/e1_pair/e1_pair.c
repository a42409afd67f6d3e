// SPDX-License-Identifier: MIT OR GPL-2.0
/*
 * Two E1 spans of DAHDI joined by a cable that is not there. DAHDI's own spans without hardware
 * (dahdi_dynamic) have no line: they take every framing and keep none. These keep it, as cards do,
 * and have the alarms of ends that are framed differently.
 *
 * Left out: pulses, frames and clocks themselves. What a card makes of them only a card shows.
 */
#include <linux/hrtimer.h>
#include <linux/module.h>
#include <dahdi/kernel.h>

#define TIMESLOTS 31

struct end {
	struct dahdi_span span;
	struct dahdi_chan timeslots[TIMESLOTS];
	struct dahdi_chan *pointers[TIMESLOTS];
	int priority; /* 0: gives the clock */
};

static struct end ends[2];
static struct hrtimer clock;

static struct end *end_of(struct dahdi_span *span)
{
	return container_of(span, struct end, span);
}

static struct end *far_side(struct end *end)
{
	return end == &ends[0] ? &ends[1] : &ends[0];
}

static bool runs(const struct end *end)
{
	return test_bit(DAHDI_FLAGBIT_REGISTERED, &end->span.flags) &&
	       (end->span.flags & DAHDI_FLAG_RUNNING);
}

static bool has(const struct end *end, int bit)
{
	return end->span.lineconfig & bit;
}

/* What an end cannot find in what the other sends. */
static int lost(const struct end *end, const struct end *far)
{
	if (!runs(far))
		return DAHDI_ALARM_RED | DAHDI_ALARM_LOS;
	if (has(end, DAHDI_CONFIG_HDB3) != has(far, DAHDI_CONFIG_HDB3))
		return DAHDI_ALARM_RED | DAHDI_ALARM_LFA;
	if ((has(end, DAHDI_CONFIG_CRC4) && !has(far, DAHDI_CONFIG_CRC4)) ||
	    (!has(end, DAHDI_CONFIG_CCS) && has(far, DAHDI_CONFIG_CCS)))
		return DAHDI_ALARM_RED | DAHDI_ALARM_LMFA;
	return 0;
}

static void look(struct end *end)
{
	struct end *far = far_side(end);
	int alarms = lost(end, far);

	/* Whoever finds nothing says so to the other. */
	if (!alarms && lost(far, end))
		alarms = DAHDI_ALARM_YELLOW;
	end->span.syncsrc = end->priority && !alarms ? end->span.spanno : 0;
	if (end->span.alarms == alarms)
		return;
	end->span.alarms = alarms;
	dahdi_alarm_notify(&end->span);
}

/* Eight samples of every timeslot each way. */
static enum hrtimer_restart tick(struct hrtimer *timer)
{
	int e, t;

	for (e = 0; e < 2; e++)
		if (runs(&ends[e]))
			dahdi_transmit(&ends[e].span);
	for (e = 0; e < 2; e++) {
		struct end *far = &ends[1 - e];

		if (!runs(&ends[e]))
			continue;
		for (t = 0; t < TIMESLOTS; t++) {
			if (runs(far))
				memcpy(ends[e].timeslots[t].readchunk,
				       far->timeslots[t].writechunk, DAHDI_CHUNKSIZE);
			else
				memset(ends[e].timeslots[t].readchunk, 0xD5, DAHDI_CHUNKSIZE);
		}
		look(&ends[e]);
		dahdi_receive(&ends[e].span);
	}
	hrtimer_forward_now(timer, ms_to_ktime(1));
	return HRTIMER_RESTART;
}

static int spanconfig(struct file *file, struct dahdi_span *span, struct dahdi_lineconfig *line)
{
	end_of(span)->priority = line->sync;
	return 0;
}

static int startup(struct file *file, struct dahdi_span *span)
{
	return span->lineconfig ? 0 : -EINVAL;
}

static int chanconfig(struct file *file, struct dahdi_chan *timeslot, int signalling)
{
	return 0;
}

static int rbsbits(struct dahdi_chan *timeslot, int bits)
{
	struct end *far = far_side(end_of(timeslot->span));

	if (runs(far))
		dahdi_rbsbits(&far->timeslots[timeslot->chanpos - 1], bits);
	return 0;
}

static const struct dahdi_span_ops operations = {
	.owner = THIS_MODULE,
	.spanconfig = spanconfig,
	.startup = startup,
	.chanconfig = chanconfig,
	.rbsbits = rbsbits,
};

static int __init add(struct end *end, int number)
{
	struct dahdi_device *device = dahdi_create_device();
	int t;

	if (!device)
		return -ENOMEM;
	snprintf(end->span.name, sizeof(end->span.name), "E1P/%d", number);
	snprintf(end->span.desc, sizeof(end->span.desc), "E1 pair, end %d", number);
	end->span.spantype = SPANTYPE_DIGITAL_E1;
	end->span.linecompat = DAHDI_CONFIG_HDB3 | DAHDI_CONFIG_AMI | DAHDI_CONFIG_CCS |
			       DAHDI_CONFIG_CRC4;
	end->span.deflaw = DAHDI_LAW_ALAW;
	end->span.flags = DAHDI_FLAG_RBS;
	end->span.cannot_provide_timing = 1;
	end->span.channels = TIMESLOTS;
	end->span.chans = end->pointers;
	end->span.ops = &operations;
	for (t = 0; t < TIMESLOTS; t++) {
		struct dahdi_chan *timeslot = &end->timeslots[t];

		end->pointers[t] = timeslot;
		snprintf(timeslot->name, sizeof(timeslot->name), "E1P/%d/%d", number, t + 1);
		timeslot->sigcap = DAHDI_SIG_CLEAR | DAHDI_SIG_CAS;
		timeslot->chanpos = t + 1;
	}
	device->hardware_id = end->span.name;
	device->devicetype = "E1 pair";
	dev_set_name(&device->dev, "e1_pair:%d", number);
	list_add_tail(&end->span.device_node, &device->spans);
	return dahdi_register_device(device, NULL);
}

static int __init begin(void)
{
	int number, wrong;

	for (number = 0; number < 2; number++) {
		wrong = add(&ends[number], number);
		if (wrong)
			return wrong;
	}
	hrtimer_init(&clock, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	clock.function = tick;
	hrtimer_start(&clock, ms_to_ktime(1), HRTIMER_MODE_REL);
	return 0;
}
/* It stays as long as the machine runs, so that there is no way out. */
module_init(begin);

MODULE_DESCRIPTION("Two E1 spans of DAHDI joined by a cable that is not there");
MODULE_LICENSE("Dual MIT/GPL");
