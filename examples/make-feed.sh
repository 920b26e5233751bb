#!/bin/sh
# Makes examples/feed: a day and a night above a forest, 80 s that loop without a seam, in 20 segments of 4 s.
# Everything is computed by ffmpeg's own sources, so the same ffmpeg gives the same bytes.
# Takes some minutes. Needs: ffmpeg with libx264 and freetype, the DejaVu fonts (Debian: ffmpeg, fonts-dejavu-core).
# Usage: examples/make-feed.sh [folder]
set -eu

out=${1:-$(dirname "$0")/feed}
font=${FONT:-/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf}
mono=${MONO_FONT:-/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf}
[ -r "$font" ] && [ -r "$mono" ] || { echo "make-feed: no font at $font or $mono; set FONT and MONO_FONT" >&2; exit 1; }

W=768 H=432 RATE=25 SECONDS_TOTAL=80 SEGMENT=4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ff() { ffmpeg -hide_banner -loglevel error -nostdin -y "$@"; }

# --- Time of day. Register 0: daylight 0..1, register 1: nearness of sunrise or sunset 0..1. -------------------------
ANGLE="(2*PI*T/$SECONDS_TOTAL-0.10)"
TIME="st(2,sin($ANGLE));st(0,clip((ld(2)+0.15)/0.55,0,1));st(1,exp(-pow((ld(2)-0.06)/0.27,2)))"
# tone NIGHT DAY DUSK: one colour channel at this time of day.
tone() { echo "lerp($1+($2-$1)*ld(0),$3,ld(1))"; }
# fade N1 D1 K1 N2 D2 K2 WEIGHT: from the first tone to the second by WEIGHT.
fade() { echo "lerp($(tone "$1" "$2" "$3"),$(tone "$4" "$5" "$6"),$7)"; }

# --- Sky: gradient, glow around the sun, drifting clouds, northern lights. Smooth, so a quarter of the size is enough.
SUNX="(0.5-0.40*cos($ANGLE))" SUNY="(0.70-0.56*sin($ANGLE))"
U="(X/W)" V="(Y/H)"
SKY="$TIME;st(3,pow(clip($V/0.72,0,1),1.25));st(4,hypot(($U-$SUNX)*1.78,$V-$SUNY))"
GLOW="exp(-ld(4)*4.2)*(0.25+0.75*ld(1))*clip(ld(2)*4+1.4,0,1)"
# Clouds: two octaves of sines that drift with whole periods in 80 s.
DRIFT="(2*PI*T/$SECONDS_TOTAL)"
CLOUD="clip((sin($U*7+2*$DRIFT+sin($V*13+$DRIFT))+sin($U*15+3*$DRIFT+2*sin($V*17-$DRIFT))*0.6+sin($V*30+sin($U*9+2*$DRIFT)*2)*0.8-0.75)/1.8,0,1)*clip(1-abs($V-0.30)*3.2,0,1)*(0.12+0.58*clip(ld(2)+0.35,0,1))"
# Northern lights: two curtains whose lower edge waves; rays move along it.
curtain() { # EDGE RAYS
  echo "st(5,$1-$V);st(6,if(gt(ld(5),0),exp(-ld(5)*6.5),exp(ld(5)*40)));st(7,ld(7)+ld(6)*(0.55+0.45*sin($2))*(0.6+0.4*sin($U*5-2*$DRIFT)))"
}
AURORA="st(7,0);$(curtain "0.42+0.07*sin($U*6+6*$DRIFT)+0.03*sin($U*17-8*$DRIFT)" "$U*60+18*$DRIFT+4*sin($U*7+3*$DRIFT)");$(curtain "0.30+0.06*sin($U*5-5*$DRIFT+2)" "$U*45-14*$DRIFT+5*sin($U*6-4*$DRIFT)");st(7,ld(7)*pow(clip(-ld(2)*1.5-0.1,0,1),0.8))"
sky() { # N D K at the zenith, N D K at the horizon, sun glow, cloud tone N D K, aurora low, aurora high
  echo "$SKY;$AURORA;st(8,$(fade "$1" "$2" "$3" "$4" "$5" "$6" "ld(3)"));st(8,lerp(ld(8),$(tone "$8" "$9" "${10}"),$CLOUD));clip(ld(8)+$7*$GLOW+ld(7)*lerp(${11},${12},clip(0.45-$V,0,0.4)*2.5),0,255)"
}
SKY_R=$(sky 7 58 62 26 190 255 190 40 250 255 25 120)
SKY_G=$(sky 11 128 52 44 222 142 110 52 252 150 190 60)
SKY_B=$(sky 34 214 112 84 242 96 40 92 255 128 120 170)

# --- Still masks, made once: stars, sun and moon discs, three ridges, the forest's edge. ------------------------------
HASH="mod(abs(sin(X*12.9898+Y*78.233)*43758.5453),1)"
ff -f lavfi -i "color=black:s=${W}x$H:d=1:r=1,format=gray,geq=lum='if(gt($HASH,0.9988)*lt(Y,H*0.75),90+160*mod($HASH*7919,1),0)',gblur=0.55:steps=2" -frames:v 1 "$work/stars.png"
disc() { # NAME SIZE COLOUR ALPHA
  ff -f lavfi -i "color=$3:s=$2x$2:d=1:r=1,format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='$4'" -frames:v 1 "$work/$1.png"
}
disc sun 72 0xfff1c4 "st(0,hypot(X-35.5,Y-35.5));255*clip(26-ld(0),0,1)+if(gt(ld(0),26),150*exp(-(ld(0)-26)/4)*clip((36-ld(0))/6,0,1),0)"
disc moon 56 0xe9efff "st(0,hypot(X-27.5,Y-27.5));st(1,hypot(X-36.5,Y-22.5));255*clip(19-ld(0),0,1)*clip(ld(1)-16,0,1)"
# ridge NAME WIDTH HEIGHT-EXPRESSION: white below the line. P is the phase, whole periods in WIDTH.
ridge() { ff -f lavfi -i "color=black:s=$2x$H:d=1:r=1,format=gray,geq=lum='st(9,2*PI*X/W);255*clip(Y-($3),0,1)',split[a][b];[a][b]hstack" -frames:v 1 "$work/$1.png"; }
ridge far 1000 "H*(0.60-0.055*sin(ld(9)*2)-0.040*abs(sin(ld(9)*5+1))-0.018*sin(ld(9)*11)-0.010*abs(sin(ld(9)*23))-0.005*sin(ld(9)*47))"
ridge mid 2000 "H*(0.70-0.050*sin(ld(9)*3+2)-0.035*sin(ld(9)*7)-0.012*sin(ld(9)*19+1)-0.005*sin(ld(9)*53))"
# The two woods: one fir per cell, its height and place from a hash of the cell's number.
woods() { # NAME WIDTH CELL GROUND HEIGHT
  ff -f lavfi -i "color=black:s=$2x$H:d=1:r=1,format=gray,geq=lum='
    st(9,2*PI*X/W); st(8,H*$4+H*0.018*sin(ld(9)*3)+H*0.010*sin(ld(9)*8+1)); st(7,255*clip(Y-ld(8),0,1));
    st(6,-1); while(lte(ld(6),1),
      st(5,mod(floor(X/$3)+ld(6)+W/$3,W/$3));
      st(4,mod(abs(sin(ld(5)*127.1+3)*4375.85),1));
      st(3,(floor(X/$3)+ld(6)+0.5+0.5*(ld(4)-0.5))*$3);
      st(2,Y-(ld(8)-$5*(0.35+0.65*mod(ld(4)*13.7,1))));
      st(1,ld(2)*0.15*(0.72+0.42*mod(ld(2)/9,1))+0.6);
      st(7,max(ld(7),255*gt(ld(2),0)*clip(ld(1)-abs(X-ld(3))+0.5,0,1)));
      st(6,ld(6)+1));
    ld(7)',split[a][b];[a][b]hstack" -frames:v 1 "$work/$1.png"
}
woods wood 2000 20 0.82 66
woods near 1500 30 0.955 118

# --- Colours of the land by time of day; each layer fades into mist towards its foot. --------------------------------
land() { # TOP-R(N D K) TOP-G TOP-B FOOT-R FOOT-G FOOT-B FROM TO
  w="clip((Y/H-$7)/($8-$7),0,1)"
  echo "color=black:s=8x108:r=$RATE:d=$SECONDS_TOTAL,format=gbrp,geq=r='$TIME;$(fade $1 $4 "$w")':g='$TIME;$(fade $2 $5 "$w")':b='$TIME;$(fade $3 $6 "$w")',scale=${W}x$H:flags=bilinear,format=gbrp"
}
FAR=$(land "15 104 120" "25 138 84" "52 176 118" "34 176 236" "52 206 148" "84 226 120" 0.50 0.74)
MID=$(land "15 62 80" "25 104 54" "50 128 88" "26 140 186" "42 182 112" "68 190 112" 0.60 0.86)
WOOD=$(land "9 32 46" "17 74 32" "33 80 56" "16 82 120" "28 128 74" "46 118 84" 0.74 0.97)
NEAR=$(land "4 12 16" "7 32 12" "16 38 26" "5 18 22" "9 44 16" "18 46 30" 0.70 1)

still() { echo "-loop 1 -framerate $RATE -t $SECONDS_TOTAL -i $work/$1.png"; }
# Text: time in the loop, frame and segment number.
shadow="shadowcolor=black@0.55:shadowx=1:shadowy=2"
TEXT="drawtext=fontfile=$mono:fontsize=46:fontcolor=white:$shadow:x=26:y=22:text='%{eif\:floor(n/1500)\:d\:2}\:%{eif\:mod(floor(n/25)\,60)\:d\:2}.%{eif\:mod(n\,25)*4\:d\:2}',
drawtext=fontfile=$font:fontsize=17:fontcolor=white@0.95:$shadow:x=28:y=76:text='frame %{eif\:n\:d\:4}   ·   segment %{eif\:floor(n/$((RATE * SEGMENT)))\:d\:2}',
drawtext=fontfile=$font:fontsize=17:fontcolor=white@0.8:$shadow:x=w-tw-28:y=36:text='live-torrent'"

# --- Sound: a slow progression of four chords, a pad and a plucked line above it, one bar for each segment. -----------
# Semitones above A2 of the chord that plays at t: Am9, Fmaj7, Cadd9, G6.
BAR="st(0,mod(floor(t/4),4));st(1,mod(t,4))"
ROOT="if(eq(ld(0),0),0,if(eq(ld(0),1),-4,if(eq(ld(0),2),3,-2)))"
THIRD="if(eq(ld(0),0),3,4)"
PAD_ENVELOPE="pow(sin(PI*ld(1)/4),0.7)"
tone_at() { echo "sin(2*PI*t*110*pow(2,($1)/12)*$2)"; }
PAD="$BAR;st(2,$ROOT);st(3,$THIRD);$PAD_ENVELOPE*0.055*($(tone_at "ld(2)" 1)*1.3+$(tone_at "ld(2)" 1.003)*0.6+$(tone_at "ld(2)+7" 1)+$(tone_at "ld(2)+7" 0.998)*0.5+$(tone_at "ld(2)+ld(3)+12" SIDE)*0.7+$(tone_at "ld(2)+14" 1)*0.35)"
# Pluck: a note of the minor pentatonic scale every half second, chosen by a hash, so that no two rounds are alike.
STEP="st(4,floor(t*2));st(5,mod(t,0.5));st(6,floor(5*mod(abs(sin(ld(4)*91.7+1.3)*4375.5),1)));st(7,if(eq(ld(6),0),12,if(eq(ld(6),1),15,if(eq(ld(6),2),19,if(eq(ld(6),3),22,24)))))"
PLUCK="$STEP;exp(-ld(5)*5)*min(1,ld(5)*120)*min(1,(0.5-ld(5))*60)*0.10*gt(mod(abs(sin(ld(4)*12.3)*981.7),1),0.25)*($(tone_at "ld(7)" 2)+$(tone_at "ld(7)" 4)*0.25*exp(-ld(5)*6))"
side() { echo "$1" | sed "s/SIDE/$2/g"; }
SOUND="aevalsrc='$(side "$PAD" 1.002)|$(side "$PAD" 0.998)':s=44100:d=$SECONDS_TOTAL[pad];
aevalsrc='$PLUCK|$PLUCK':s=44100:d=$SECONDS_TOTAL,aecho=0.9:0.6:380|560:0.35|0.22[pluck];
[pad][pluck]amix=inputs=2:duration=first:normalize=0,lowpass=f=5000,afade=t=in:d=0.3,afade=t=out:st=$((SECONDS_TOTAL - 1)):d=1,volume=1.2[sound]"

scroll() { echo "[$1]format=gray,crop=$W:$H:x='mod(floor(n*$2)\,$3)':y=0"; }
mkdir "$work/feed"
# shellcheck disable=SC2046
ff $(still stars) $(still sun) $(still moon) $(still far) $(still mid) $(still wood) $(still near) -filter_complex "
color=black:s=192x108:r=$RATE:d=$SECONDS_TOTAL,format=gbrp,geq=r='$SKY_R':g='$SKY_G':b='$SKY_B',scale=${W}x$H:flags=bicubic,format=gbrp[sky];
color=0xdfe8ff:s=${W}x$H:r=$RATE:d=$SECONDS_TOTAL,format=gbrp[starlight];
color=black:s=16x9:r=$RATE:d=$SECONDS_TOTAL,format=gray,geq=lum='st(0,sin($ANGLE));255*clip(-ld(0)*2.2,0,1)',scale=${W}x$H[night];
[0]format=gray[s];[s][night]blend=all_mode=multiply[staralpha];[starlight][staralpha]alphamerge[stars];
[sky][stars]overlay=format=gbrp[a0];
[1]format=rgba[sun];[2]format=rgba[moon];
[a0][sun]overlay=format=gbrp:x='W*(0.5-0.40*cos(2*PI*t/$SECONDS_TOTAL-0.10))-w/2':y='H*(0.70-0.56*sin(2*PI*t/$SECONDS_TOTAL-0.10))-h/2'[a1];
[a1][moon]overlay=format=gbrp:x='W*(0.5+0.36*cos(2*PI*t/$SECONDS_TOTAL-0.10))-w/2':y='H*(0.68+0.50*sin(2*PI*t/$SECONDS_TOTAL-0.10))-h/2'[a2];
$FAR[cf];$(scroll 3 0.5 1000)[mf];[cf][mf]alphamerge[far];[a2][far]overlay=format=gbrp[a3];
$MID[cm];$(scroll 4 1 2000)[mm];[cm][mm]alphamerge[mid];[a3][mid]overlay=format=gbrp[a4];
$WOOD[cw];$(scroll 5 2 2000)[mw];[cw][mw]alphamerge[wood];[a4][wood]overlay=format=gbrp[a5];
$NEAR[cn];$(scroll 6 3 1500)[mn];[cn][mn]alphamerge[near];[a5][near]overlay=format=gbrp[a6];
[a6]$TEXT,format=yuv420p[picture];
$SOUND" -map '[picture]' -map '[sound]' \
  -c:v libx264 -profile:v high -preset veryslow -threads 4 -b:v 285k -maxrate 340k -bufsize 420k \
  -force_key_frames "expr:gte(t,n_forced*$SEGMENT)" -g $((RATE * SEGMENT)) -sc_threshold 0 -flags +cgop+bitexact -fflags +bitexact \
  -c:a aac -b:a 48k -ac 2 \
  -f segment -segment_time $SEGMENT -segment_format mpegts -segment_format_options pat_period=4:sdt_period=4:pcr_period=100 \
  -muxdelay 0 -muxpreload 0 "$work/feed/seg%03d.ts"

total=$(cat "$work"/feed/*.ts | wc -c)
{
  printf '#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:%d\n#EXT-X-PLAYLIST-TYPE:VOD\n' $SEGMENT
  for segment in "$work"/feed/*.ts; do printf '#EXTINF:%d,\n%s\n' $SEGMENT "$(basename "$segment")"; done
  printf '#EXT-X-ENDLIST\n'
} > "$work/feed/index.m3u8"
[ "$total" -le 4000000 ] || { echo "make-feed: $total bytes, more than 4 MB" >&2; exit 1; }
rm -rf "$out"
mv "$work/feed" "$out"
echo "$(ls "$out"/*.ts | wc -l) segments, $total bytes, in $out"
