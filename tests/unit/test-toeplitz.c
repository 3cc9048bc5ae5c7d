/*
 * The Toeplitz hash against its published vectors, and against its definition.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include "qemu/bswap.h"
#include "net/toeplitz.h"

/* Vectors of Microsoft's RSS verification suite. */
static const uint8_t rss_key[NET_TOEPLITZ_KEY_BYTES] = {
    0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
    0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
    0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
    0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static const struct {
    const char *dest, *source;
    uint16_t dest_port, source_port;
    uint32_t ip_hash, tcp_hash;
} rss_vectors[] = {
    { "161.142.100.80", "66.9.149.187", 1766, 2794, 0x323e8fc2, 0x51ccc178 },
    { "65.69.140.83", "199.92.111.2", 4739, 14230, 0xd718262a, 0xc626b0ea },
    { "12.22.207.184", "24.19.198.95", 38024, 12898, 0xd2d0a5de, 0x5c2b394a },
    { "209.142.163.6", "38.27.205.30", 2217, 48228, 0x82989176, 0xafc7327f },
    { "202.188.127.2", "153.39.163.191", 1303, 44251, 0x5d1809c5, 0x10e828a2 },
    { "3ffe:2501:200:3::1", "3ffe:2501:200:1fff::7", 1766, 2794,
      0x2cc18cd5, 0x40207d3d },
    { "ff02::1", "3ffe:501:8::260:97ff:fe40:efab", 4739, 14230,
      0x0f0c461c, 0xdde51bbf },
    { "fe80::200:f8ff:fe21:67cf", "3ffe:1900:4545:3:200:f8ff:fe21:67cf",
      38024, 44251, 0x4b61e985, 0x02d1feef },
};

static void test_toeplitz_vectors(void)
{
    NetToeplitz t;

    net_toeplitz_init(&t, rss_key);
    for (unsigned i = 0; i < ARRAY_SIZE(rss_vectors); i++) {
        int family = strchr(rss_vectors[i].dest, ':') ? AF_INET6 : AF_INET;
        size_t size = family == AF_INET6 ? 16 : 4;
        uint8_t input[NET_TOEPLITZ_INPUT_BYTES];

        inet_pton(family, rss_vectors[i].source, input);
        inet_pton(family, rss_vectors[i].dest, input + size);
        stw_be_p(input + 2 * size, rss_vectors[i].source_port);
        stw_be_p(input + 2 * size + 2, rss_vectors[i].dest_port);
        g_assert_cmphex(net_toeplitz_hash(&t, input, 2 * size), ==,
                        rss_vectors[i].ip_hash);
        g_assert_cmphex(net_toeplitz_hash(&t, input, 2 * size + 4), ==,
                        rss_vectors[i].tcp_hash);
    }
}

/* Bit by bit, as the definition has it. */
static void test_toeplitz_any_key(void)
{
    for (unsigned round = 0; round < 200; round++) {
        uint8_t key[NET_TOEPLITZ_KEY_BYTES], input[64];
        size_t size = g_random_int_range(0, NET_TOEPLITZ_INPUT_BYTES + 1);
        uint32_t expected = 0;
        NetToeplitz t;

        for (unsigned i = 0; i < sizeof(key); i++) {
            key[i] = g_random_int();
        }
        for (unsigned i = 0; i < sizeof(input); i++) {
            input[i] = g_random_int();
        }
        for (unsigned bit = 0; bit < size * 8; bit++) {
            for (unsigned b = 0; b < 32 && input[bit / 8] << bit % 8 & 128;
                 b++) {
                unsigned at = bit + b;

                expected ^= (key[at / 8] >> (7 - at % 8) & 1u) << (31 - b);
            }
        }
        net_toeplitz_init(&t, key);
        g_assert_cmphex(net_toeplitz_hash(&t, input, size), ==, expected);
        /* Longer input than any packet has is cut. */
        g_assert_cmphex(net_toeplitz_hash(&t, input, sizeof(input)), ==,
                        net_toeplitz_hash(&t, input, 36));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/toeplitz/vectors", test_toeplitz_vectors);
    g_test_add_func("/toeplitz/any-key", test_toeplitz_any_key);
    return g_test_run();
}
