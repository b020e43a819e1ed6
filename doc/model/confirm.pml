/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of a backup code: charge, Argon2, the successor shown, typed
 * back, one commit. Conversations on two hosts, an app code beside them,
 * and an administrator; lines that drop, and commits that fail or whose
 * outcome nobody learns. A transaction of the store is one step here:
 * file.pml and shared.pml show that it may be. README.md says what is
 * asserted and what each -D does.
 */

#ifndef TRIES
#define TRIES 3
#endif
#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef DROPS
#define DROPS 1
#endif
#ifndef APP
#define APP 1
#endif
#ifndef ACTS
#define ACTS 1
#endif
#define CODES (TRIES + ACTS + 2)
#define BIT(code) (1 << (code))
#define WRONG 0 /* what was typed is nobody's code */

/* The record. */
short valid = BIT(1); /* codes that it has */
byte generation;
byte enrolment;
byte spent; /* of the budget */
bool disabled;
byte last_step;

byte codes = 2; /* handed out so far */
byte tries = TRIES, faults = FAULTS, drops = DROPS, acts = ACTS;

/* What the world saw. */
short paper = BIT(1); /* codes that the owner has been told to keep */
byte granted[CODES];
byte step_granted;
byte charges;	   /* durable */
byte evaluations;  /* Argon2 */
byte owed;	   /* charges of conversations that did not succeed */
byte shut_commits; /* that let in although the method was switched off */

/*
 * At every instant, for a power cut can come at any: exactly one code, and
 * one that the owner has.
 */
#define KEPT                                                              \
	assert(valid != 0 && (valid & (valid - 1)) == 0 && (valid & paper) != 0)
/* Nobody is charged for what others did, and others do not pay for him. */
#define FAIR assert(spent == owed)

/* A commit was written and answered, or refused, or nobody knows. */
mtype = { WRITTEN, REFUSED, UNKNOWN };

/* Chooses the outcome; written tells whether the record changes. */
inline outcome()
{
	if
	:: written = true; answer = WRITTEN
	:: faults > 0 -> faults--; written = false; answer = REFUSED
	:: faults > 0 -> faults--; written = true; answer = UNKNOWN
	:: faults > 0 -> faults--; written = false; answer = UNKNOWN
	fi
}

inline charge()
{
	atomic {
		seen_valid = valid;
		seen_generation = generation;
		seen_enrolment = enrolment;
		open = !disabled;
		if
		:: !open -> answer = REFUSED
		:: open ->
			outcome();
			if
			:: written ->
				spent++; owed++; charges++; mine++;
				generation++;
				seen_generation = generation
			:: else
			fi
		fi
	}
}

inline evaluate()
{
	atomic {
		evaluations++;
		/* Charged durably before it starts. */
		assert(evaluations <= charges)
	}
}

inline grant()
{
	atomic {
		/* A code lets in at most one login. */
		assert(granted[typed] == 0);
		granted[typed]++
	}
}

/* The line drops, or the process is killed: nothing after this happens. */
#define DROP :: atomic { drops > 0 -> drops-- }; goto over

inline store_early()
{
#ifdef STORED_BEFORE_SHOWN
	atomic { valid = BIT(fresh); KEPT };
#endif
#ifdef RETIRED_WHEN_RIGHT
	atomic { valid = valid & ~BIT(typed); KEPT };
#endif
#ifdef NEW_BEFORE_OLD_RETIRED
	atomic { valid = valid | BIT(fresh); KEPT };
#endif
	skip
}

inline show_new()
{
	atomic { paper = paper | BIT(fresh); KEPT }
}

/* Is the entry that was right still the one? */
inline judge_old()
{
#ifdef NO_REREAD
	still = (seen_valid & BIT(typed)) != 0;
#else
	still = (valid & BIT(typed)) != 0;
#endif
#ifndef DISABLED_UNSEEN
	still = still && !disabled;
#endif
#ifndef ENROLMENT_UNSEEN
	still = still && enrolment == seen_enrolment;
#endif
#ifdef BY_GENERATION
	still = (generation == seen_generation);
#endif
}

/* One commit retires the old, stores the new, and gives back. */
inline write_new()
{
	outcome();
	if
	:: written ->
		shut_commits = shut_commits + disabled;
		valid = BIT(fresh);
		generation++;
		owed = owed - mine;
#ifdef GIVE_BACK_ALL
		spent = 0;
#else
#ifndef GIVE_NOTHING_BACK
		spent = spent - mine;
#endif
#endif
		mine = 0
	:: else
	fi;
	KEPT;
	FAIR
}

inline commit_new()
{
	atomic {
		judge_old();
		if
		:: still -> write_new()
		:: !still ->
			answer = REFUSED;
			/* A code that is right and there is not turned away. */
			assert((valid & BIT(typed)) == 0 || disabled ||
			    enrolment != seen_enrolment)
		fi;
		/* Switched off is off. */
		assert(shut_commits == 0)
	}
}

/* What is said after it, and what the owner does with his paper. */
inline hear()
{
	atomic {
		if
		:: still && answer == WRITTEN ->
			paper = paper & ~BIT(typed);
			KEPT
		:: !still ->
			/* "The new code shown here is not valid." */
			paper = paper & ~BIT(fresh);
			KEPT
		:: still && answer != WRITTEN
			/* "Keep both codes." */
		fi
	}
}

inline confirm()
{
#ifdef SECOND_ARGON2
	evaluate();
#endif
	commit_new();
#ifdef RETRY_UNKNOWN
	if
	:: still && answer == UNKNOWN -> commit_new()
	:: else
	fi;
#endif
	if
	:: still && answer == WRITTEN -> grant()
#ifdef GRANT_UNKNOWN
	:: still && answer == UNKNOWN -> grant()
#endif
#ifdef GRANT_REFUSED
	:: still && answer == REFUSED -> grant()
#endif
	:: else
	fi;
	hear()
}

/* One backup code is typed: anybody may type any that was ever shown. */
inline type_code()
{
	select (typed : 0 .. CODES - 1);
	if
	:: typed >= codes -> typed = WRONG
	:: else
	fi;
#ifdef CHARGE_AFTER
	atomic { seen_valid = valid; seen_enrolment = enrolment;
		seen_generation = generation; answer = WRITTEN };
#else
	charge();
#endif
	if
	:: answer != WRITTEN ->
#ifndef CHARGE_UNHEEDED
		goto over
#endif
	:: else
	fi;
	if
	:: true
	DROP
	fi;
	evaluate();
#ifdef CHARGE_AFTER
	charge();
#endif
	if
	:: typed == WRONG || (seen_valid & BIT(typed)) == 0 -> right = false
	:: else -> right = true
	fi
}

inline follow()
{
	atomic { fresh = codes; codes++ };
#ifdef GRANT_WHEN_RIGHT
	grant();
#endif
	store_early();
	show_new();
	if
	:: true
	DROP
	fi;
	confirm()
}

proctype conversation()
{
	byte typed, fresh, mine, seen_generation, seen_enrolment;
	short seen_valid;
	bool open, right, still, written;
	mtype answer;

over:
	skip;
	/* The next conversation knows nothing of the last one. */
	atomic {
		typed = 0; fresh = 0; mine = 0; seen_valid = 0;
		seen_generation = 0; seen_enrolment = 0; open = false;
		right = false; still = false; written = false; answer = 0
	};
	if
	:: atomic { tries > 0 -> tries-- }
	:: tries == 0 -> goto gone
	fi;
again:
	type_code();
	if
	:: right -> follow()
	:: !right && tries > 0 ->
		if
		:: atomic { tries > 0 -> tries-- }; goto again
		:: true
		fi
	:: !right && tries == 0
	fi;
	goto over;
gone:
	skip
}

/* One locked step: right and wrong are one commit, and then told. */
proctype app()
{
	byte code, rounds = APP;
	bool live, written, verdict;
	mtype answer;

	do
	:: atomic { rounds > 0 -> rounds-- ; select (code : 0 .. 1) }
		atomic {
			live = code > last_step;
#ifdef WRONG_UNCOMMITTED
			if
			:: !live -> written = false; answer = WRITTEN
			:: live -> outcome()
			fi;
#else
			outcome();
#endif
			if
			:: written && live -> last_step = code; generation++
			:: written && !live -> generation++;
				spent = spent + (code == 0);
				owed = owed + (code == 0)
			:: else
			fi;
			verdict = (answer == WRITTEN);
#ifdef TOLD_ANYWAY
			verdict = true;
#endif
			/* What is told has been paid for. */
			assert(written || !verdict);
			if
			:: live && answer == WRITTEN ->
				assert(step_granted == 0);
				step_granted++
			:: else
			fi
		}
	:: rounds == 0 -> break
	od
}

proctype admin()
{
end:
	do
	:: atomic { acts > 0 -> acts--; disabled = !disabled; generation++ }
	/* A new enrolment, its code handed out. */
	:: atomic {
			acts > 0 -> acts--;
			valid = BIT(codes);
			paper = BIT(codes);
			codes++;
			enrolment++;
			generation++
		}
	od
}

init {
	atomic {
		run conversation();
		run conversation();
		run app();
		run admin()
	}
}
