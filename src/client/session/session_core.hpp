// What a session shares with its requests and responses: options, the pool with real connections in it, the
// binding to a loop. Lives as long as any of them.
#pragma once

#include "client/connection/name_book.hpp"
#include "client/credentials/digest_spaces.hpp"
#include "client/report/progress.hpp"
#include "client/session/pool.hpp"
#include "client/session/rate_limiter.hpp"
#include "client/session/retry_rules.hpp"
#include "http1/connection.hpp"
#include "loop/host.hpp"
#include "net/socket_options.hpp"
#include "tls/session_cache.hpp"

#include <skein/client_session.hpp>
#include <skein/cookie_jar.hpp>
#include <skein/session_options.hpp>
#include <skein/url.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace skein::http {
class netrc;
}

namespace skein::client {

class session_core;
class lease;
class proxy_rules;
struct pooled;
struct request_state;

using connection_pool = pool<std::unique_ptr<pooled>>;

/// An open connection in its slot of the pool.
struct pooled final : http1::connection_listener, detail::recycled {
    pooled(session_core& owner, connection_pool::slot& where, lease& whose,
           std::unique_ptr<net::stream> stream, std::shared_ptr<const connection_facts> what);
    ~pooled() override;

    void on_idle_end() noexcept override;
    void on_complete() noexcept override;

    session_core& core;
    connection_pool::slot& slot;
    lease* holder;  // who uses it; null while it is idle
    std::shared_ptr<const connection_facts> facts;
    http1::connection wire;             // after what it may call back to
    std::uint64_t idle_since_turn = 0;  // of the loop
    clock::time_point retires;          // when it begins no more exchanges
    std::size_t served = 0;             // exchanges
    std::size_t index = 0;              // in the core's list of all connections
    bool retired = false;               // see session_core::retire()
    bool completed = false;             // in the core's list of connections to be taken back
};

/// A slot of the pool in somebody's hands, with a connection in it or one to be opened. Gives it back, or up.
class lease {
public:
    lease() noexcept = default;
    lease(std::shared_ptr<session_core> core, connection_pool::slot& slot) noexcept;
    lease(lease&& other) noexcept;
    lease& operator=(lease&& other) noexcept;
    ~lease() { release(); }

    explicit operator bool() const noexcept { return slot_ != nullptr; }
    bool has_connection() const noexcept { return slot_->connection != nullptr; }
    pooled& connection() const noexcept { return *slot_->connection; }
    /// Puts a new connection into the slot.
    void fill(std::unique_ptr<net::stream> stream, std::shared_ptr<const connection_facts> facts);
    /// Closes the connection and keeps the slot.
    void drop_connection() noexcept;
    /// Gives the connection back to the pool if it can serve again, else closes it.
    void release() noexcept;

private:
    std::shared_ptr<session_core> core_;
    connection_pool::slot* slot_ = nullptr;
};

class session_core final : public std::enable_shared_from_this<session_core>,
                           private loop::resource,
                           private detail::ready_node,
                           private detail::deadline {
public:
    explicit session_core(session_options options);
    ~session_core() override;

    const session_options& options() const noexcept { return options_; }
    const std::optional<url>& base() const noexcept { return base_; }
    /// Of a request that has none of its own; all of them set.
    const timeouts& limits() const noexcept { return limits_; }
    /// Headers of a request that adds none: the session's and the library's own.
    const headers& base_fields() const noexcept { return base_fields_; }
    /// The same as they go on the wire; nothing if each message has to be looked at for them.
    const std::optional<std::string>& base_lines() const noexcept { return base_lines_; }
    /// Room for the head of a request while it is made.
    std::string& head_room() noexcept { return head_room_; }
    cookie_jar& cookies() const noexcept { return *cookies_; }
    /// What netrc says; null if it is not asked.
    const http::netrc* netrc() const noexcept { return netrc_.get(); }
    digest_spaces& digests() noexcept { return digests_; }
    /// What its TLS connections leave for those after them.
    tls::session_cache& tls_sessions() noexcept { return tls_sessions_; }
    name_book& names() noexcept { return names_; }
    /// What new sockets are told.
    const net::socket_options& sockets() const noexcept { return sockets_; }
    /// Whom https proxies are believed by that say nothing of it.
    const tls_context& proxy_trust() const noexcept { return proxy_trust_; }
    /// Which proxies requests go through that say nothing themselves; null: none.
    const proxy_rules* proxies() const noexcept { return proxies_.get(); }
    /// While a request is under way.
    bool has_wall_time() const noexcept { return bound_to() != nullptr; }
    std::chrono::system_clock::time_point wall_time() const noexcept { return bound_to()->wall_time(); }
    const http1::parser_limits& parser_limits() const noexcept { return parser_limits_; }

    /// Before each request: binds to the running loop. Throws std::logic_error if the session is closed, or
    /// bound to another loop.
    void enter();
    bool is_closed() const noexcept { return closed_; }
    void close() noexcept;
    session_stats stats() const noexcept;
    void count_request(bool reused) noexcept {
        ++counts_.requests;
        counts_.reused += reused ? 1 : 0;
    }
    void count_connection() noexcept { ++counts_.connections; }
    void count_retry() noexcept { ++counts_.retried; }

    /// The connection of that response, which may be in other hands by now, is not used again.
    void retire(const connection_facts& which) noexcept;
    /// What the session says about repetition; null: nothing.
    const retry_settings* retries() const noexcept { return retries_ ? &*retries_ : nullptr; }
    retry_tokens& tokens() noexcept { return tokens_; }
    /// Null: requests go when they like.
    rate_limiter* limiter() noexcept { return limiter_ ? &*limiter_ : nullptr; }

    /// A connection that is idle now, or an empty slot, or nothing if it takes waiting.
    lease try_acquire(const request_state& r);
    /// Waits for a slot. Throws cancelled_error; std::logic_error if the session is closed meanwhile.
    task<lease> acquire(const request_state& r);

    const connection_pool& connections() const noexcept { return pool_; }

private:
    friend lease;
    friend pooled;

    void give_back(connection_pool::slot& slot) noexcept;
    void bury(pooled& dead) noexcept;
    void take_back_later(pooled& one) noexcept;
    void wake_up_soon() noexcept;
    bool is_fit(pooled& one) noexcept;
    clock::time_point idle_until(const pooled& one, clock::time_point now) const noexcept;
    connection_pool::host& host_of(const request_state& r);

    void run() noexcept override;          // from the ready queue
    void on_deadline() noexcept override;  // an idle connection may have expired
    void on_loop_end() noexcept override;

    session_options options_;
    timeouts limits_;
    std::optional<url> base_;
    headers base_fields_;
    std::optional<std::string> base_lines_;
    std::string head_room_;
    std::shared_ptr<cookie_jar> cookies_;  // never null
    std::unique_ptr<const http::netrc> netrc_;
    std::unique_ptr<const proxy_rules> proxies_;
    tls_context proxy_trust_;
    digest_spaces digests_;
    tls::session_cache tls_sessions_;
    name_book names_;
    net::socket_options sockets_;
    http1::parser_limits parser_limits_;
    connection_pool pool_;
    std::optional<retry_settings> retries_;
    retry_tokens tokens_;
    std::optional<rate_limiter> limiter_;
    std::string last_key_;
    connection_pool::host* last_host_ = nullptr;
    session_stats counts_;
    std::vector<std::unique_ptr<pooled>> graveyard_;  // dead, but still on the stack
    std::vector<pooled*> completed_;
    std::vector<pooled*> all_;
    clock::time_point sweep_at_ = clock::time_point::max();
    std::shared_ptr<session_core> queued_;  // itself, while in the ready queue
    bool closed_ = false;
};

}  // namespace skein::client
