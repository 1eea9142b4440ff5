// Drives our engine against the test server: moves bytes in pieces of any size.
#pragma once

#include "tls/engine.hpp"

#include "pki.hpp"
#include "tls_server.hpp"

#include <skein/error.hpp>
#include <skein/tls_context.hpp>
#include <skein/tls_errc.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::test {

/// Small, seeded, the same everywhere.
class random_bits {
public:
    explicit random_bits(std::uint64_t seed) : state_(seed * 2 + 1) {}
    /// 0 to `below` - 1.
    std::size_t operator()(std::size_t below) {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return static_cast<std::size_t>(state_ >> 11) % below;
    }

private:
    std::uint64_t state_;
};

/// Bytes that do not repeat soon.
inline std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
    return text;
}

/// How many of the bytes that are left go into the next piece.
using splitter = std::function<std::size_t(std::size_t left)>;

inline std::size_t whole(std::size_t left) {
    return left;
}
inline std::size_t single_bytes(std::size_t) {
    return 1;
}

/// The engine with what it has decrypted.
class engine_client {
public:
    engine_client(const tls_context& trust, std::string_view host,
                  std::shared_ptr<tls::session_box> sessions = nullptr)
        : engine(trust.shared(), host, std::move(sessions)) {
        last = engine.handshake();
    }
    /// For HTTP, or for a protocol of the context's own.
    engine_client(const tls_context& trust, std::string_view host, bool http) : engine(trust.shared(), host) {
        if (!http) engine.offer_own_protocols();
        last = engine.handshake();
    }

    /// Feeds the bytes, each piece from a buffer of its exact size.
    void feed(std::string_view bytes, const splitter& split = whole) {
        while (!bytes.empty()) {
            const std::size_t n = std::min(split(bytes.size()), bytes.size());
            const byte_view now = as_bytes(bytes.substr(0, n));
            const std::vector<std::byte> piece(now.begin(), now.end());
            bytes.remove_prefix(n);
            engine.feed(piece);
            step();
        }
    }

    void feed_end() {
        engine.feed_end();
        step();
    }

    std::string take() {
        std::string out(as_text(engine.output()));
        engine.clear_output();
        return out;
    }

    tls::engine engine;
    tls::status last;
    std::string received;

private:
    void step() {
        last = engine.handshake();
        if (last != tls::status::done) return;
        std::byte buffer[5000];  // less than a record, so that one is read in several steps
        std::size_t got = 0;
        while ((last = engine.read(buffer, got)) == tls::status::done) received += as_text({buffer, got});
    }
};

/// Moves bytes both ways until neither side has anything more to say.
inline void converse(engine_client& client, tls_server& server, const splitter& split = whole) {
    for (;;) {
        const std::string up = client.take();
        for (std::string_view left = up; !left.empty();) {
            const std::size_t n = std::min(split(left.size()), left.size());
            server.feed(left.substr(0, n));
            left.remove_prefix(n);
            server.step();
        }
        const std::string down = server.take();
        if (up.empty() && down.empty()) return;
        client.feed(down, split);
    }
}

/// A root, what it signed, and a context that trusts it.
struct world {
    identity root = make_root();
    identity leaf = issue({.common_name = "a.test", .names = {"DNS:a.test"}}, &root);
    tls_context trust = tls_context().ca_pem(to_pem(root));

    server_options serves() const { return {.chain = {leaf}}; }
};

/// One for all tests that need nothing special.
inline const world& common_world() {
    static const world the_world;
    return the_world;
}

/// What a call is refused with.
template <class Fn>
std::string message_of(Fn&& call) {
    try {
        call();
    } catch (const skein::tls_error& e) {
        return e.what();
    }
    return "(no tls_error)";
}

}  // namespace skein::test
