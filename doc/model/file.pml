/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file store: one record of two slots, the page cache above the disk,
 * sessions that log in with an app code, and everything that can happen to
 * them: a kill, a power cut, a write or a read that fails. README.md says
 * what is asserted and what each -D does.
 */

#ifndef SESSIONS
#define SESSIONS 2
#endif
#ifndef TRIES
#define TRIES 4
#endif
#ifndef KILLS
#define KILLS 1
#endif
#ifndef CUTS
#define CUTS 1
#endif
#ifndef ERRORS
#define ERRORS 2
#endif
#ifndef STEPS
#define STEPS 1
#endif

#define NONE 255
#define MIX 254 /* bytes of one record and of another */
#define RECORDS (TRIES + 2)

/*
 * What was sealed, by a number that stands for its nonce; 0 stands for
 * zeros. The generation stands in a header, the step in the text.
 */
byte records = 2;
byte generation[RECORDS];
byte step[RECORDS];

/* A slot opens if its header and its text are of one record. */
byte cache_head[2], cache_text[2];
byte disk_head[2], disk_text[2];
/* Its write failed: the cache's bytes are clean, and nobody writes them. */
bool lost[2];

byte lock = NONE;
bool alive[SESSIONS], in_kernel[SESSIONS], dead[SESSIONS];

byte tries = TRIES, kills = KILLS, cuts = CUTS, errors = ERRORS;
/* Killed between a write that failed and putting the old bytes back. */
bool stray;

/* The generation that is durable, for the reader. */
byte committed = 1;

/* What the world saw, by the code's step. */
byte granted[STEPS + 1];
bool unknown[STEPS + 1]; /* ended in the middle of its commit */

/*
 * Chooses the slot: the higher generation; if that one is torn, the other,
 * which has to be exactly one older. NONE: refused.
 */
inline choose(head0, text0, head1, text1, slot)
{
	d_step {
		slot = (generation[head1] > generation[head0] -> 1 : 0);
		if
#ifndef ANY_SLOT
		:: generation[head0] != generation[head1] + 1 &&
		    generation[head1] != generation[head0] + 1 -> slot = NONE
#endif
		:: else ->
			if
			:: (slot == 0 -> head0 == text0 : head1 == text1)
			:: else ->
				slot = 1 - slot;
				if
				:: (slot == 0 -> head0 == 0 || head0 != text0 :
				    head1 == 0 || head1 != text1) -> slot = NONE
				:: else
				fi
			fi
		fi
	}
}

#define CACHED cache_head[0], cache_text[0], cache_head[1], cache_text[1]

/* Any of the bytes of a slot that was under way reach the disk. */
inline tear(slot)
{
	if
	:: true /* none */
	:: disk_head[slot] = cache_head[slot];
	   disk_text[slot] = cache_text[slot]
	:: disk_text[slot] != cache_text[slot] ->
		disk_head[slot] = cache_head[slot];
		disk_text[slot] = MIX
#ifndef IN_ORDER
	:: disk_text[slot] != cache_text[slot] -> disk_text[slot] = MIX
	:: disk_head[slot] != cache_head[slot] ->
		disk_head[slot] = cache_head[slot]
	:: disk_text[slot] != cache_text[slot] ->
		disk_text[slot] = cache_text[slot]
#endif
	fi
}

inline release(who)
{
	if
	:: lock == who -> lock = NONE
	:: else
	fi
}

inline die(who)
{
	release(who);
	stray = stray || lost[0] || lost[1];
	dead[who] = true
}

/*
 * One pwrite. What was copied is in the cache at once, for everyone, and on
 * the disk before the call returns: no kill comes between, though one can
 * make it short.
 */
inline write(slot, head, text)
{
	atomic {
		in_kernel[me] = true;
		doomed = false;
		copied = true;
		done = true;
		if
		:: cache_head[slot] = head; cache_text[slot] = text
		:: errors > 0 -> errors--; copied = false; done = false
		:: errors > 0 -> errors--; done = false;
			cache_head[slot] = head; cache_text[slot] = MIX
		:: kills > 0 -> kills--; doomed = true;
			cache_head[slot] = head;
			if
			:: cache_text[slot] = text
			:: cache_text[slot] = MIX
			fi
		fi;
		/* What is dirty stays. */
		lost[slot] = lost[slot] && !copied;
#ifdef SYNC_APART
		in_kernel[me] = false;
		if
		:: doomed -> die(me)
		:: else
		fi
#endif
	}
	atomic {
		if
		:: !copied
		:: copied ->
			disk_head[slot] = cache_head[slot];
			disk_text[slot] = cache_text[slot]
		:: copied && errors > 0 ->
			errors--;
			done = false;
			tear(slot);
			lost[slot] = (disk_head[slot] != cache_head[slot] ||
			    disk_text[slot] != cache_text[slot])
		fi;
		in_kernel[me] = false;
		if
		:: doomed -> die(me)
		:: else
		fi
	}
}

/* What a page that is clean says after it has left the cache. */
inline forget(slot)
{
	cache_head[slot] = disk_head[slot];
	cache_text[slot] = disk_text[slot];
	lost[slot] = false
}

/* The former bytes again; if that fails, what the disk has. */
inline put_back(slot)
{
	write(slot, former_head, former_text);
	atomic {
		if
		:: done && right -> unknown[code] = false
		:: done && !right
		:: !done ->
#ifndef NO_DROP
			forget(slot)
#endif
		fi;
		done = false
	}
}

inline take_lock()
{
#ifdef NO_LOCK
	skip
#else
	atomic { lock == NONE -> lock = me }
#endif
}

inline look()
{
	former_head = cache_head[1 - at];
	former_text = cache_text[1 - at];
	current = cache_head[at]
}

/* One pread of both slots, which no commit disturbs. */
inline read_record()
{
	atomic {
#ifdef DROP_FIRST
		forget(0);
		forget(1);
#endif
		if
		:: choose(CACHED, at);
#ifndef LOCKED_OUT
			/* Never locked out. */
			assert(at != NONE);
#endif
			if
			:: at != NONE ->
				look();
				/* What let nobody in has not been used up. */
				assert(step[current] == 0 ||
				    granted[step[current]] > 0 ||
				    unknown[step[current]])
			:: else
			fi
		:: errors > 0 -> errors--;
#ifdef OTHER_SLOT
			choose(CACHED, at);
			if
			:: cache_head[1 - at] != 0 &&
			    cache_head[1 - at] == cache_text[1 - at] ->
				at = 1 - at
			:: else
			fi;
			look()
#else
			at = NONE
#endif
		fi
	}
}

inline grant()
{
	atomic {
		/* A code lets in at most one login. */
		assert(granted[code] == 0);
		granted[code]++
	}
}

inline judge()
{
#ifdef LAST_ONLY
	right = (code != step[current]);
#else
	right = (code > step[current]);
#endif
	d_step {
		fresh = records;
		records++;
		generation[fresh] = generation[current] + 1;
		step[fresh] = (right -> code : step[current]);
		slot =
#ifdef CURRENT_SLOT
		    at;
		former_head = cache_head[at];
		former_text = cache_text[at]
#else
		    1 - at
#endif
	}
#ifdef SUCCESS_FIRST
	if
	:: right -> grant()
	:: else
	fi
#endif
}

inline commit()
{
	d_step {
		if
		:: right -> unknown[code] = true
		:: else
		fi
	}
	write(slot, fresh, fresh);
	if
	:: done -> committed = generation[fresh]
	:: else ->
#ifndef NOT_PUT_BACK
		put_back(slot)
#else
		if
		:: right -> unknown[code] = false
		:: else
		fi
#endif
	fi
}

/* The life of one login: after the prompt, up to the answer. */
inline login()
{
#ifdef LOCK_LATE
	read_record();
	take_lock();
#else
	take_lock();
	read_record();
#endif
	if
	:: at != NONE ->
		judge();
		commit();
		release(me);
#ifndef SUCCESS_FIRST
		if
#ifdef SUCCESS_ANYWAY
		:: right -> grant()
#else
		:: done && right -> grant()
#endif
		:: else
		fi
#endif
	:: else -> release(me)
	fi
}

proctype session(byte me)
{
	byte code, at, current, fresh, slot, former_head, former_text;
	bool right, copied, done, doomed;

	do
	:: atomic {
			tries > 0 -> tries--;
			alive[me] = true;
			select (code : 1 .. STEPS)
		}
		{
			login()
		} unless {
			dead[me]
		}
		d_step {
			alive[me] = false; dead[me] = false;
			in_kernel[me] = false;
			code = 0; at = 0; current = 0; fresh = 0; slot = 0;
			former_head = 0; former_text = 0;
			right = false; copied = false; done = false;
			doomed = false
		}
	:: tries == 0 -> break
	od
}

#ifdef READER
/*
 * Before the first prompt: both slots without the lock, a part at a time.
 * What it would refuse, or take from the slot that is not the newest, it
 * looks at again with the lock.
 */
proctype reader()
{
	byte head0, text0, head1, text1, at, floor;

	floor = committed;
	head0 = cache_head[0];
	text0 = cache_text[0];
	head1 = cache_head[1];
	text1 = cache_text[1];
	choose(head0, text0, head1, text1, at);
	if
#ifndef TORN_UNLOCKED
	:: at != NONE && generation[(at == 0 -> head0 : head1)] <
	    generation[(at == 0 -> head1 : head0)] -> at = NONE
#endif
	:: else
	fi;
#ifndef NO_SECOND_LOOK
	if
	:: at == NONE ->
		lock == NONE;
		atomic {
			head0 = cache_head[0]; text0 = cache_text[0];
			head1 = cache_head[1]; text1 = cache_text[1];
			choose(head0, text0, head1, text1, at)
		}
	:: else
	fi;
#endif
	/* A record that is right is not refused. */
	assert(at != NONE);
	/* Nothing is taken that was over before the look began. */
	assert(generation[(at == 0 -> head0 : head1)] >= floor)
}
#endif

/*
 * The design's one exception: a write error, a kill before the old bytes are
 * put back, and then a power cut, or that the cache forgets what the disk
 * does not have. ALL_AT_ONCE takes the exception away.
 */
#ifdef ALL_AT_ONCE
#define EXCEPTED false
#else
#define EXCEPTED stray
#endif

inline kill_one(who)
{
	kills > 0 && alive[who] && !dead[who] && !in_kernel[who] ->
		kills--;
		die(who)
}

inline cut_all()
{
	tear(0);
	tear(1);
	d_step {
		forget(0);
		forget(1);
		lock = NONE;
		dead[0] = alive[0];
		dead[1] = alive[1];
		in_kernel[0] = false;
		in_kernel[1] = false
	}
}

proctype world()
{
end:
	do
	:: atomic { kill_one(0) }
	:: atomic { kill_one(1) }
	:: atomic { cuts > 0 && !EXCEPTED -> cuts--; cut_all() }
	:: atomic { lost[0] && !EXCEPTED -> forget(0) }
	:: atomic { lost[1] && !EXCEPTED -> forget(1) }
	od
}

init {
	atomic {
		/* As created: generation 1, and a slot of zeros. */
		generation[1] = 1;
		cache_head[0] = 1; cache_text[0] = 1;
		disk_head[0] = 1; disk_text[0] = 1;
		run session(0);
		run session(1);
		run world();
#ifdef READER
		run reader()
#endif
	}
}
