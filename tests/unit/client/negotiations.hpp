// Feeds negotiations with a proxy in every cut.
#pragma once

#include "client/connection/negotiation.hpp"
#include "corpus.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace negotiations {

using skein::client::negotiation;

/// What a negotiation came to.
struct end {
    bool open = false;
    bool failed = false;
    bool early = false;
    int status = 0;
    std::error_code code = {};
    std::string what = {};
    std::string said = {};

    /// Words that quote what is wrong quote as much of it as had come.
    friend bool operator==(const end& a, const end& b) {
        const auto words = [](const end& e) { return e.what.substr(0, e.what.find(": \"")); };
        return a.open == b.open && a.failed == b.failed && a.early == b.early && a.status == b.status &&
               a.code == b.code && a.said == b.said && words(a) == words(b);
    }
};

inline std::ostream& operator<<(std::ostream& out, const end& e) {
    return out << (e.open ? "open " : "") << (e.failed ? "failed " : "") << e.status << " " << e.what;
}

/// Whatever it wants to say is said at once.
inline end feed(negotiation& n, const std::vector<std::string_view>& pieces) {
    end e;
    e.said = n.take_output();
    for (const auto piece : pieces) {
        n.feed(skein::as_bytes(piece));
        e.said += n.take_output();
    }
    e.open = n.is_open();
    e.failed = n.has_failed();
    e.early = n.why().early;
    e.status = n.why().status;
    e.code = n.why().code;
    e.what = n.why().what;
    return e;
}

/// The same in every cut in two, byte by byte, and in random pieces: the end must be the same. What comes
/// after the end is fed as well.
template <class Make>
end feed_every_cut(Make&& make, std::string_view bytes) {
    const auto outcome = [&](const std::vector<std::string_view>& pieces) {
        auto n = make();
        return feed(*n, pieces);
    };
    const end whole = outcome({bytes});
    CHECK(outcome(corpus::byte_by_byte(bytes)) == whole);
    for (std::size_t i = 0; i <= bytes.size(); ++i)
        CHECK(outcome({bytes.substr(0, i), bytes.substr(i)}) == whole);
    for (std::uint32_t seed = 0; seed < 20; ++seed) CHECK(outcome(corpus::at_random(bytes, seed)) == whole);
    return whole;
}

/// Whether a stream that ends after any part of the bytes, but not after all of them, is a failure.
template <class Make>
void cut_everywhere(Make&& make, std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        CAPTURE(i);
        for (const auto reason : {std::error_code(), std::make_error_code(std::errc::connection_reset)}) {
            auto n = make();
            const end before = feed(*n, {bytes.substr(0, i)});
            CHECK_FALSE(before.open);
            CHECK_FALSE(before.failed);
            n->feed_end(reason);
            CHECK(n->has_failed());
            CHECK(n->why().code == (reason ? reason : std::make_error_code(std::errc::connection_aborted)));
            CHECK_FALSE(n->why().what.empty());
        }
    }
}

}  // namespace negotiations
