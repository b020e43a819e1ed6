/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * That an account has a record, or provably none: the record's entry, the
 * name's beside it, the marker; who makes and removes them, who logs in, who
 * looks for "no record"; kills, power cuts, a changed uid and a state that is
 * not mounted. README.md says what is asserted and what each -D does.
 */

#ifndef ENROLMENTS
#define ENROLMENTS 2
#endif
#ifndef REMOVALS
#define REMOVALS 1
#endif
#ifndef LOGINS
#define LOGINS 1
#endif
#ifndef LOOKS
#define LOOKS 2
#endif
#ifndef KILLS
#define KILLS 1
#endif
#ifndef CUTS
#define CUTS 1
#endif

#define NONE 0 /* no file; they are numbered from 1 */
#define FILES (ENROLMENTS + 1)
#define NOBODY 255
#define PEOPLE 5
#define REMOVER 2
#define LOGIN 3
#define LOOK 4

/*
 * Two directories: of the state, and the empty one below its mount point.
 * Entries as all see them, and as the disk has them. The marker stands in
 * the first one. The account's uid can change; its record's does not.
 */
byte record[2], record_disk[2];
bool named[2], named_disk[2];
bool mounted = true, moved;
#define HERE (mounted -> 0 : 1)
#define FOUND(place) (record[place] != NONE && !moved)

byte files = 1;
bool whole[FILES], synced[FILES]; /* its bytes */
byte lock[FILES] = NOBODY, name_lock = NOBODY, marker_lock = NOBODY;

bool alive[PEOPLE], dead[PEOPLE];
byte enrolments = ENROLMENTS, removals = REMOVALS, logins = LOGINS,
     looks = LOOKS, kills = KILLS, cuts = CUTS;
bool fault; /* anything came that a person would call one */

/* What the world saw. */
byte made;  /* the enrolment that was told */
bool seen;  /* that there is a record, and nobody took it away since */
bool watch; /* the same, from a look's beginning on */

inline let_go(who)
{
	d_step {
		name_lock = (name_lock == who -> NOBODY : name_lock);
		marker_lock = (marker_lock == who -> NOBODY : marker_lock);
		lock[1] = (lock[1] == who -> NOBODY : lock[1]);
		lock[2] = (lock[2] == who -> NOBODY : lock[2])
	}
}

/* As the disk has it after a cut: what was not synced may be either. */
inline cut_place(place)
{
	if
	:: record[place] = record_disk[place]
	:: record_disk[place] = record[place]
	fi;
	if
	:: named[place] = named_disk[place]
	:: named_disk[place] = named[place]
	fi
}

inline make_name()
{
	atomic { name_lock == NOBODY -> name_lock = me };
	atomic {
		fresh_name = !named[place];
		named[place] = true
	};
#ifndef NAME_UNSYNCED
	named_disk[place] = true;
#endif
	skip
}

inline make_record()
{
	atomic {
		whole[file] = true;
#ifndef FILE_UNSYNCED
		synced[file] = true
#endif
	};
	atomic {
#ifdef BY_RENAME
		record[place] = file
#else
		if
		:: record[place] == NONE -> record[place] = file
		:: else -> there = true
		fi
#endif
	};
#ifndef ENTRY_UNSYNCED
	if
	:: !there -> record_disk[place] = record[place]
	:: else
	fi;
#endif
	skip
}

inline create()
{
	if
	:: FOUND(place) -> goto end_create
	:: else
	fi;
#ifndef NO_MARKER_TO_CREATE
	if
	:: place == 0
	:: else -> goto end_create /* no marker */
	fi;
#endif
	atomic { marker_lock == NOBODY -> marker_lock = me };
	atomic { file = files; files++ };
#ifdef NAME_LAST
	make_record();
	make_name();
#else
	make_name();
	make_record();
#endif
	if
	:: !there -> atomic {
			/* One enrolment that was told does not undo another. */
			assert(made == NONE);
			made = file
		}
	:: there && fresh_name -> named[place] = false;
		named_disk[place] = false
	:: else
	fi;
end_create:
	let_go(me)
}

proctype creator(byte me)
{
	byte file, place;
	bool fresh_name, there;

	do
	:: atomic {
			enrolments > 0 && !moved -> enrolments--;
			alive[me] = true;
			place = HERE
		}
		{
			create()
		} unless {
			dead[me]
		}
		d_step {
			alive[me] = false; dead[me] = false;
			file = 0; place = 0; fresh_name = false; there = false
		}
	:: enrolments == 0 || moved -> break
	od
}

inline unlink_record()
{
	skip;
again:
	file = record[0];
	if
	:: file == NONE -> goto no_record
	:: else
	fi;
#ifndef REMOVED_UNLOCKED
	atomic { lock[file] == NOBODY -> lock[file] = me };
	if
	:: record[0] != file -> lock[file] = NOBODY; goto again
	:: else
	fi;
#endif
	atomic {
		record[0] = NONE;
		made = NONE;
		seen = false;
		watch = false
	};
no_record:
	atomic {
		record_disk[0] = record[0];
		seen = seen && record[0] != NONE;
		watch = watch && record[0] != NONE
	}
}

inline unlink_name()
{
	named[0] = false;
	named_disk[0] = false
}

proctype remover(byte me)
{
	byte file;

	do
	:: atomic {
			removals > 0 && !moved && mounted -> removals--;
			alive[me] = true
		}
		{
			atomic { name_lock == NOBODY -> name_lock = me };
#ifdef NAME_GONE_FIRST
			unlink_name();
			unlink_record();
#else
			unlink_record();
			unlink_name();
#endif
			let_go(me)
		} unless {
			dead[me]
		}
		d_step { alive[me] = false; dead[me] = false; file = 0 }
	:: removals == 0 || moved -> break
	od
}

/* Waits for the lock of what it has opened, and commits to it. */
proctype login(byte me)
{
	byte file;

	do
	:: atomic {
			logins > 0 && mounted && FOUND(0) -> logins--;
			alive[me] = true;
			file = record[0]
		}
		{
			skip;
once_more:
			atomic { lock[file] == NOBODY -> lock[file] = me };
#ifndef ENTRY_UNCHECKED
			if
			:: record[0] != file -> lock[file] = NOBODY;
				file = record[0];
				if
				:: file != NONE -> goto once_more
				:: else -> goto away
				fi
			:: else
			fi;
#endif
			/* What is used up is used up in the record. */
			assert(record[0] == file);
away:
			let_go(me)
		} unless {
			dead[me]
		}
		d_step { alive[me] = false; dead[me] = false; file = 0 }
	:: logins == 0 -> break
	:: timeout -> break
	od
}

inline find()
{
	/* Whole, and the one that was told. */
	assert(whole[record[place]]);
	assert(made == NONE || place == 1 || record[0] == made);
	seen = true
}

inline say_none()
{
	/* Not of one who has had a record all the while. */
	assert(!watch)
}

inline look_for()
{
	if
	:: atomic { FOUND(place) -> find() }; goto looked
	:: atomic { !FOUND(place) -> skip }
	fi;
#ifndef NO_NAME
	if
	:: named[place] ->
#ifdef NO_SECOND_LOOK
		assert(fault);
		goto looked
#else
		atomic { name_lock == NOBODY -> name_lock = me };
		if
		:: atomic { FOUND(place) -> find() }; goto looked
		:: atomic { !FOUND(place) && named[place] ->
				/* A mismatch is somebody's doing. */
				assert(fault) }; goto looked
		:: atomic { !FOUND(place) && !named[place] -> skip }
		fi
#endif
	:: else
	fi;
#endif
#ifndef NO_MARKER
	if
	:: place == 1 -> goto looked
	:: else
	fi;
#endif
	say_none();
looked:
	let_go(me)
}

proctype look(byte me)
{
	byte place;

	do
	:: atomic {
			looks > 0 -> looks--;
			alive[me] = true;
			watch = seen || made != NONE;
			place = HERE
		}
		{
			look_for()
		} unless {
			dead[me]
		}
		d_step {
			alive[me] = false; dead[me] = false; watch = false;
			place = 0
		}
	:: looks == 0 -> break
	od
}

inline kill_one(who)
{
	atomic {
		kills > 0 && alive[who] && !dead[who] ->
			kills--;
			fault = true;
			dead[who] = true;
			let_go(who)
	}
}

proctype world()
{
end:
	do
	:: kill_one(0)
	:: kill_one(1)
	:: kill_one(2)
	:: atomic {
			cuts > 0 -> cuts--;
			fault = true;
			cut_place(0);
			cut_place(1);
			/* Synced before it was told. */
			assert(made == NONE || !mounted || record[0] == made);
			seen = seen && record[0] != NONE;
			d_step {
				whole[1] = synced[1];
				whole[2] = synced[2];
				dead[0] = alive[0]; dead[1] = alive[1];
				dead[2] = alive[2]; dead[3] = alive[3];
				dead[4] = alive[4];
				name_lock = NOBODY; marker_lock = NOBODY;
				lock[1] = NOBODY; lock[2] = NOBODY
			}
		}
	/* The account gets another uid, when nobody is at its record. */
	:: atomic {
			!moved && !alive[0] && !alive[1] && !alive[2] &&
			    !alive[3] ->
				moved = true;
				fault = true
		}
	/* The disk of the state is away, and comes back. */
	:: atomic {
			mounted && !alive[0] && !alive[1] && !alive[2] &&
			    !alive[3] && !alive[4] && !fault ->
				mounted = false;
				fault = true
		}
	:: atomic { !mounted && !alive[0] && !alive[1] && !alive[4] ->
			mounted = true }
	od
}

init {
	atomic {
		run creator(0);
		run creator(1);
		run remover(REMOVER);
		run login(LOGIN);
		run look(LOOK);
		run world()
	}
}
