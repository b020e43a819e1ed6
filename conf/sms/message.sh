# SPDX-License-Identifier: BSD-3-Clause
# What the senders share, read by them with ".": they set $name, and get
# $number ("+" and digits), $text (valid UTF-8 without control characters but
# line feeds) and $coding: gsm, or ucs2 when a character is not in the GSM
# alphabet for certain. A text that is more than one SMS is refused: a gateway
# would cut it or send, and charge, several.
#
# The text stays out of every argument list: ps shows those to everybody.
# Only builtins of the shell get it in words.

refuse() { # STATUS SENTENCE
	# shellcheck disable=SC2154 # set by those who read this file
	printf '%s: %s\n' "$name" "$2" >&2
	exit "$1"
}

LC_ALL=C
export LC_ALL

[ $# -eq 1 ] || refuse 64 'one argument is wanted: the number'
case $1 in
+[1-9]*[!0-9]* | +) refuse 64 'that is no number: "+" and digits are wanted' ;;
+[1-9]???????*) ;;
*) refuse 64 'that is no number: "+" and 8 to 15 digits are wanted' ;;
esac
[ ${#1} -le 16 ] || refuse 64 'that is no number: more than 15 digits'
# shellcheck disable=SC2034 # for those who read this file
number=$1

# A NUL would be lost in the shell's variable, and the text be another one.
text=$(head -c 641 | tr '\000' '\001') || refuse 74 'the text could not be read'
[ -n "$text" ] || refuse 65 'there is no text on standard input'
[ ${#text} -le 640 ] || refuse 65 'the text is too long'
units=$(printf %s "$text" | iconv -f UTF-8 -t UTF-16BE 2>/dev/null | wc -c)
printf %s "$text" | iconv -f UTF-8 -t UTF-16BE >/dev/null 2>&1 ||
	refuse 65 'the text is not valid UTF-8'
case $(printf %s "$text" | tr -d '\n') in
*[[:cntrl:]]*) refuse 65 'the text has a control character' ;;
esac
case $(printf %s "$text" | tr -d '\n') in
*[!\ -~]* | *'`'*)
	coding=ucs2
	[ "$units" -le 140 ] || refuse 65 'the text is longer than one SMS'
	;;
*)
	# These take the room of two characters.
	double=$(printf %s "$text" | tr -dc '][{}\\~^|' | wc -c)
	# shellcheck disable=SC2034 # for those who read this file
	coding=gsm
	[ $((${#text} + double)) -le 160 ] ||
		refuse 65 'the text is longer than one SMS'
	;;
esac
