/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shared store: one row, a primary and its synchronous standby, hosts
 * whose logins are transactions. Servers crash, the standby is promoted, the
 * old primary goes on, connections are lost and clients are asleep.
 * README.md says what is asserted and what each -D does.
 */

#ifndef HOSTS
#define HOSTS 2
#endif
#ifndef TRIES
#define TRIES 3
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef LOSSES
#define LOSSES 1
#endif
#ifndef STOPS
#define STOPS 1
#endif
#ifndef PROMOTIONS
#define PROMOTIONS 1
#endif

#ifdef NO_GUESSES
#define LEAST_CODE 1
#else
#define LEAST_CODE 0 /* a wrong one */
#endif

#define NONE 255
#define BACKENDS 5 /* TRIES up to 3, and those of RETRY */
#define RECORDS (BACKENDS + 1)

/* What was sealed, by a number that stands for its bytes. */
byte records = 1;
byte version[RECORDS], step[RECORDS], spent[RECORDS];

/* The row: what a server shows, and what its disk has. 0 is the standby's. */
byte shown[2], flushed[2];
bool primary[2];
bool follows = true;
byte lock[2] = NONE; /* the row's, held by a backend */

/* A backend lives on, whatever becomes of its client. */
mtype = { FREE, OPEN, UPDATED, SENT, FLUSHED, COMMITTED, GONE };
mtype backend[BACKENDS] = FREE;
byte server[BACKENDS], staged[BACKENDS];
bool asleep[BACKENDS]; /* its client is */
byte backends;

byte tries = TRIES, crashes = CRASHES, losses = LOSSES, stops = STOPS,
     promotions = PROMOTIONS;
bool fault; /* anything of these came */

/* What the world saw. */
byte granted;
byte told;    /* that a guess was wrong */
byte guesses; /* that were typed */

/* As it stands on the disk, a guess has been charged once at most. */
#define CHARGED_ONCE(record) assert(spent[record] <= guesses)

inline show_row(n, record)
{
	d_step { shown[n] = record; lock[n] = NONE }
}

/* The server's part: nothing of it waits for the client. */
inline serve(i)
{
	atomic {
		backend[i] == SENT ->
#ifndef SYNC_OFF
			flushed[server[i]] = staged[i];
			CHARGED_ONCE(staged[i]);
#endif
			backend[i] = FLUSHED
	}
}

inline acknowledge(i)
{
	atomic {
		backend[i] == FLUSHED && (
#ifdef ASYNC
		    true ||
#endif
#ifdef SYNC_OFF
		    server[i] == 0 ||
#endif
		    server[i] == 1 || flushed[1] == staged[i]
#ifdef REMOTE_WRITE
		    || shown[1] == staged[i]
#endif
		    ) ->
			show_row(server[i], staged[i]);
			backend[i] = COMMITTED
	}
}

/* A client that sleeps in a transaction is put out. */
inline put_out(i)
{
	atomic {
		asleep[i] && (backend[i] == OPEN || backend[i] == UPDATED) ->
			lock[server[i]] =
			    (lock[server[i]] == i -> NONE : lock[server[i]]);
			backend[i] = GONE
	}
}

inline lose(i, n)
{
	if
	:: backend[i] != FREE && backend[i] != COMMITTED && server[i] == n ->
		backend[i] = GONE
	:: else
	fi
}

inline crash(n)
{
	atomic {
		crashes > 0 -> crashes--;
		fault = true;
		lock[n] = NONE;
		shown[n] = flushed[n];
		lose(0, n); lose(1, n); lose(2, n); lose(3, n); lose(4, n)
	}
}

proctype world()
{
end:
	do
	:: serve(0)
	:: serve(1)
	:: serve(2)
	:: serve(3)
	:: serve(4)
	:: acknowledge(0)
	:: acknowledge(1)
	:: acknowledge(2)
	:: acknowledge(3)
	:: acknowledge(4)
#ifndef SLEEPERS
	:: put_out(0)
	:: put_out(1)
	:: put_out(2)
	:: put_out(3)
	:: put_out(4)
#endif
	/* The log is streamed, whoever waits for it. */
#ifdef REMOTE_WRITE
	:: atomic { follows && shown[1] != flushed[0] -> shown[1] = flushed[0] }
	:: atomic { shown[1] != flushed[1] -> flushed[1] = shown[1] }
#else
	:: atomic {
			follows && flushed[1] != flushed[0] ->
				flushed[1] = flushed[0];
				shown[1] = flushed[0]
		}
#endif
#ifdef SYNC_OFF
	:: atomic { shown[0] != flushed[0] -> flushed[0] = shown[0] }
#endif
	:: crash(0)
	:: crash(1)
	:: atomic {
			promotions > 0 -> promotions--;
			fault = true;
			follows = false;
			primary[1] = true
		}
	od
}

/* Whatever is waited for: it can be for nothing, and has a deadline. */
#define GIVE_UP                                              \
	:: atomic { losses > 0 -> losses--; fault = true };  \
		goto unknown                                 \
	:: !follows && server[i] == 0 -> goto unknown

inline connect()
{
	atomic {
		i = backends;
		backends++;
		if
		:: primary[0] -> server[i] = 0
		:: primary[1] -> server[i] = 1
		fi;
		backend[i] = OPEN
	}
}

/* What becomes of the record in hand. */
inline seal()
{
	d_step {
		right = code > step[seen];
		staged[i] = records;
		records++;
		version[staged[i]] = version[seen] + 1;
		step[staged[i]] = (right -> code : step[seen]);
		spent[staged[i]] = spent[seen] + (code == 0)
	}
}

inline select_row()
{
	if
#ifdef NO_FOR_UPDATE
	:: atomic { backend[i] == OPEN -> seen = shown[server[i]] }
#else
	:: atomic {
			backend[i] == OPEN && lock[server[i]] == NONE ->
				lock[server[i]] = i;
				seen = shown[server[i]]
		}
#endif
	:: backend[i] == GONE -> goto refused
	GIVE_UP
	fi
}

inline update_row()
{
	if
	:: atomic {
			backend[i] == OPEN &&
			    (lock[server[i]] == NONE || lock[server[i]] == i) ->
				lock[server[i]] = i;
				backend[i] = UPDATED;
				found = true;
#ifndef NO_WHERE
				found = (version[shown[server[i]]] ==
				    version[seen]);
#endif
				if
				:: found
				:: else -> lock[server[i]] = NONE;
					backend[i] = GONE
				fi
		}
	:: backend[i] == GONE -> goto refused
	GIVE_UP
	fi;
	if
	:: !found -> goto refused
	:: else
	fi
}

inline commit()
{
	if
	:: atomic { backend[i] == UPDATED -> backend[i] = SENT }
	:: backend[i] == GONE -> goto refused
	fi;
	if
	:: backend[i] == COMMITTED
	:: backend[i] == GONE -> goto unknown
#ifdef CANCELLED
	/* The wait for the standby is ended, the answer is "COMMIT". */
	:: atomic { backend[i] == FLUSHED && losses > 0 ->
			losses--;
			fault = true;
			show_row(server[i], staged[i]);
			backend[i] = COMMITTED }
#endif
	GIVE_UP
	fi
}

inline answer()
{
	atomic {
		if
		:: right ->
			/* A code lets in at most one login. */
			assert(granted == 0);
			granted++
		:: code == 0 ->
			told++;
			/* Charged before it is told, for good. */
			assert(spent[(primary[1] -> shown[1] : shown[0])] >= told)
		:: else
		fi
	}
}

/* The client sleeps for as long as it likes. */
inline sleep()
{
	if
	:: true
	:: atomic {
			stops > 0 -> stops--;
			fault = true;
			asleep[i] = true
		};
#ifdef SLEEPERS
		false
#else
		backend[i] == GONE
#endif
	fi
}

proctype host()
{
	byte i, seen, code, mine;
	bool right, found;

next:
	atomic {
		code = 0; seen = 0; right = false; found = false; i = 0;
		mine = 0
	};
	if
	:: atomic { tries > 0 -> tries-- ; select (code : LEAST_CODE .. 1);
			guesses = guesses + (code == 0) }
	:: tries == 0 -> goto over
	fi;
again:
	connect();
	select_row();
	sleep();
	seal();
#ifdef TWO_TRANSACTIONS
	atomic {
		lock[server[i]] =
		    (lock[server[i]] == i -> NONE : lock[server[i]])
	};
#endif
	update_row();
	commit();
	answer();
	goto next;
refused:
	/* Nobody is turned away because somebody else came, too. */
	assert(fault);
	goto next;
unknown:
	/* A connection that is closed ends what was not sent. */
	atomic {
		if
		:: backend[i] == OPEN || backend[i] == UPDATED ->
			lock[server[i]] =
			    (lock[server[i]] == i -> NONE : lock[server[i]]);
			backend[i] = GONE
		:: else
		fi
	};
#ifdef GRANT_UNKNOWN
	if
	:: backend[i] != GONE || staged[i] != 0 -> answer()
	:: else
	fi;
#endif
#ifdef READ_BACK
	/* Its own bytes stand in the row of a primary. */
	if
	:: staged[i] != 0 && primary[0] && shown[0] == staged[i] -> answer()
	:: staged[i] != 0 && primary[1] && shown[1] == staged[i] -> answer()
	:: true
	fi;
#endif
#ifdef RETRY
	if
	:: mine == 0 && backends < BACKENDS -> mine = 1; right = false;
		goto again
	:: else
	fi;
#endif
	goto next;
over:
	skip
}

init {
	atomic {
		version[0] = 1;
		primary[0] = true;
		run host();
		run host();
		run world()
	}
}
