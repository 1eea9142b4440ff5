// The TLS sessions of one peer. Knows OpenSSL's sessions, no connections.
#pragma once

#include "tls/handles.hpp"

#include <cstddef>
#include <ctime>
#include <memory>
#include <utility>
#include <vector>

namespace skein::tls {

/// Sessions that connections left for those after them. Each is handed out once: a TLS 1.3 ticket that is
/// used twice shows who listens that both are of the same client (RFC 8446 appendix C.4). One of TLS 1.2 may
/// be put back.
class session_box {
public:
    /// As many as connections to one host may begin at once and still all go on from an earlier one: more
    /// than a pool has by default.
    static constexpr std::size_t most_sessions = 128;
    /// A peer decides how large its tickets are; most take a few hundred bytes.
    static constexpr std::size_t most_ticket_bytes = 8 * 1024;

    /// `total`: counts what all boxes have that share it.
    explicit session_box(std::shared_ptr<std::size_t> total = std::make_shared<std::size_t>(0)) noexcept
        : total_(std::move(total)) {}
    ~session_box() { clear(); }
    session_box(const session_box&) = delete;
    session_box& operator=(const session_box&) = delete;

    /// The latest one that a peer may still take; null: none.
    owned<SSL_SESSION> take() noexcept;
    /// Keeps it, if it is one that can be used. The oldest one goes if there are too many.
    void put(owned<SSL_SESSION> session) noexcept;

    void clear() noexcept;

    std::size_t size() const noexcept { return kept_.size(); }

private:
    struct entry {
        owned<SSL_SESSION> session;
        std::time_t end;  // not to be used from then on
    };
    std::vector<entry> kept_;  // the latest last
    std::shared_ptr<std::size_t> total_;
};

/// Where an SSL has the session_box that its tickets go to (SSL_set_ex_data).
int session_box_index();

}  // namespace skein::tls
