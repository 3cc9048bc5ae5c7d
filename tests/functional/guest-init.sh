#!/bin/sh
# /init of the test guest. It says "@@ WORD …" on the console for what the host is
# to notice, and learns its task from the kernel command line:
#   url=http://10.0.2.2:PORT   where to fetch "blob" from and post it back to
#   sha=SUM                    what its SHA-256 must be
#   addr=ADDRESS               its own, where nobody gives one by DHCP
#   also=http://10.0.3.2:PORT  after the transfer the same over eth1, by DHCP
#   task=WORD                  transfer (default), flows (that, and UDP flows from
#                              every CPU first), idle, lean, shell
# The other side is always 10.0.2.2. In a shell each line from the console is run,
# and "@@ end STATUS" says that it is through.
# SPDX-License-Identifier: GPL-2.0-or-later
export PATH=/bin
say() { echo "@@ $*"; }
fail() { say fail "$*"; poweroff_now; }
poweroff_now() { /bin/busybox sync; /bin/busybox poweroff -f; /bin/busybox sleep 60; }

/bin/busybox --install -s /bin
say init
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp

task=transfer
for word in $(cat /proc/cmdline); do
    case $word in
    url=*|sha=*|task=*|addr=*|also=*) eval "$word" ;;
    esac
done
if [ "$task" = lean ]; then
    poweroff_now
fi
for module in /lib/modules/*.ko; do
    insmod "$module" || fail "insmod $module"
done

cat > /tmp/dhcp.sh <<'EOS'
#!/bin/sh
case $1 in
bound|renew)
    ifconfig $interface $ip netmask $subnet
    [ -n "$router" ] && route add default gw $router
    echo "@@ address $interface $ip"
    ;;
esac
EOS
chmod +x /tmp/dhcp.sh

ifconfig lo 127.0.0.1
[ -e /sys/class/net/eth0 ] || fail "no eth0"
if [ -n "$addr" ]; then
    ifconfig eth0 "$addr" netmask 255.255.255.0 up
    say address eth0 "$addr"
else
    ifconfig eth0 up
    udhcpc -i eth0 -s /tmp/dhcp.sh -n -q -t 10 -T 1 > /tmp/udhcpc.log 2>&1 \
        || { cat /tmp/udhcpc.log; fail dhcp; }
    grep '@@ address' /tmp/udhcpc.log
fi
if [ "$task" = shell ]; then
    stty -echo < /dev/console
    say shell
    while read -r line < /dev/console; do
        eval "$line"
        say end $?
    done
fi
if ping -c 1 -W 5 10.0.2.2 > /tmp/ping.log; then
    say ping
else
    cat /tmp/ping.log
    fail ping
fi

transfer() {
    say fetch-start
    wget -q -O /tmp/blob "$url/blob" || fail fetch
    say fetch-end
    got=$(sha256sum /tmp/blob | cut -d ' ' -f 1)
    [ "$got" = "$sha" ] || fail "fetched $got"
    say fetched-right
    say send-start
    # wget's --post-file ends at the first zero byte.
    host=${url#http://}
    { printf 'POST /blob HTTP/1.0\r\nContent-Length: %s\r\n\r\n' \
          "$(stat -c %s /tmp/blob)"; cat /tmp/blob; } \
        | nc "${host%:*}" "${host#*:}" > /tmp/answer || fail send
    say send-end
    [ "$(tail -n 1 /tmp/answer)" = "$sha" ] || fail "host got $(cat /tmp/answer)"
    say sent-right
}

flows() {
    # The port after that of the blobs echoes datagrams.
    port=${url##*:}
    guest-ethtool flows eth0 10.0.2.2 "$port" 200 || fail flows
    say flowed
}

case $task in
transfer) transfer ;;
flows) flows; transfer ;;
idle) say idle; sleep 3600 ;;
esac

if [ -n "$also" ]; then
    ifconfig eth1 up
    udhcpc -i eth1 -s /tmp/dhcp.sh -n -q -t 10 -T 1 || fail dhcp of eth1
    url=$also
    ping -c 1 -W 5 10.0.3.2 > /tmp/ping.log || fail ping over eth1
    transfer
    say also-right
fi

say interrupts
cat /proc/interrupts
say queues
guest-ethtool stats eth0
say features "$(cat /sys/class/net/eth0/device/features)"
say pci
for dev in /sys/bus/pci/devices/*; do
    echo "$(basename $dev) $(cat $dev/vendor):$(cat $dev/device)" \
         "$(readlink $dev/driver 2>/dev/null | sed 's,.*/,,')"
done
say done
read -t 5 go < /dev/console
poweroff_now
