// Owns the connections of a session: who holds them, when they go back to the pool, when they are closed.
#include "client/session/session_core.hpp"

#include "client/connection/proxy_rules.hpp"
#include "client/connection/route.hpp"
#include "client/credentials/authorization.hpp"
#include "client/request/limits.hpp"
#include "client/request/request_state.hpp"
#include "client/session/pool_key.hpp"
#include "http/content_coding.hpp"
#include "http/field_grammar.hpp"
#include "http/netrc.hpp"
#include "http1/encoder.hpp"
#include "skein_features.hpp"

#include <algorithm>
#include <cassert>
#include <stdexcept>

namespace skein::client {

// ---- pooled

pooled::pooled(session_core& owner, connection_pool::slot& where, lease& whose,
               std::unique_ptr<net::stream> stream, std::shared_ptr<const connection_facts> what)
    : core(owner),
      slot(where),
      holder(&whose),
      facts(std::move(what)),
      wire(std::move(stream), owner.parser_limits(), *this),
      retires(clock::time_point::max()) {
    const auto lifetime = core.options_.connector.max_lifetime;
    if (lifetime > lifetime.zero())
        retires = detail::this_kernel.scheduler->now() + detail::saturate(lifetime);
    index = core.all_.size();
    core.all_.push_back(this);
    core.count_connection();
}

pooled::~pooled() {
    core.all_[index] = core.all_.back();
    core.all_[index]->index = index;
    core.all_.pop_back();
    if (completed) std::erase(core.completed_, this);
}

void pooled::on_idle_end() noexcept {
    if (holder == nullptr) core.bury(*this);
}
void pooled::on_complete() noexcept {
    core.take_back_later(*this);
}

// ---- lease

lease::lease(std::shared_ptr<session_core> core, connection_pool::slot& slot) noexcept
    : core_(std::move(core)), slot_(&slot) {
    if (slot.connection) slot.connection->holder = this;
}

lease::lease(lease&& other) noexcept
    : core_(std::move(other.core_)), slot_(std::exchange(other.slot_, nullptr)) {
    if (slot_ != nullptr && slot_->connection) slot_->connection->holder = this;
}

lease& lease::operator=(lease&& other) noexcept {
    if (this != &other) {
        release();
        core_ = std::move(other.core_);
        slot_ = std::exchange(other.slot_, nullptr);
        if (slot_ != nullptr && slot_->connection) slot_->connection->holder = this;
    }
    return *this;
}

void lease::fill(std::unique_ptr<net::stream> stream, std::shared_ptr<const connection_facts> facts) {
    slot_->connection = std::make_unique<pooled>(*core_, *slot_, *this, std::move(stream), std::move(facts));
}

void lease::drop_connection() noexcept {
    slot_->connection.reset();
}

void lease::release() noexcept {
    if (slot_ == nullptr) return;
    const auto core = std::move(core_);
    core->give_back(*std::exchange(slot_, nullptr));
}

// ---- session_core

namespace {

headers with_own_fields(const session_options& options) {
    headers fields = options.default_headers;
    fields.remove("Proxy-Authorization");  // for proxies only: route.hpp
    const auto add = [&](std::string_view name, std::string_view value) {
        if (!fields.contains(name) && !http::is_listed(options.skip_auto_headers, name))
            fields.append(name, value);
    };
    add("Accept", "*/*");
    if (options.decompress && !fields.contains("Range")) add("Accept-Encoding", http::accept_encoding());
    add("User-Agent", "skein/" SKEIN_VERSION);
    return fields;
}

pool_limits limits_of(const connector_options& options) {
    pool_limits limits;
    limits.total = options.limit;
    limits.per_host = options.limit_per_host;
    limits.max_idle = options.force_close ? 0 : options.max_idle;
    return limits;
}

net::socket_options sockets_of(const connector_options& options) {
    if (options.local_ports.last != 0 && options.local_ports.last < options.local_ports.first)
        throw std::invalid_argument("local_ports ends before it begins");
    net::socket_options sockets;
    sockets.local_address = options.local_address;
    sockets.first_local_port = options.local_ports.first;
    sockets.last_local_port = options.local_ports.last;
    sockets.keepalive = options.tcp_keepalive;
    sockets.user_timeout = options.tcp_user_timeout;
    sockets.no_delay = options.tcp_no_delay;
    sockets.send_buffer_bytes = options.send_buffer_bytes;
    sockets.receive_buffer_bytes = options.receive_buffer_bytes;
    return sockets;
}

/// The wait for a slot of the pool. Holds it as a lease from the moment it is granted: until the task runs,
/// the connection may end, and must not be buried as an idle one is.
class pool_wait final : detail::wait, connection_pool::waiter {
public:
    pool_wait(std::shared_ptr<session_core> core, connection_pool& from, connection_pool::host& host) noexcept
        : core_(std::move(core)), pool_(from), host_(host) {}

    bool await_ready() const {
        check();
        return false;
    }
    void await_suspend(detail::task_handle at) {
        pool_.wait(host_, *this);  // may throw
        suspend(at);
    }
    /// Empty if the session was closed.
    lease await_resume() {
        if (cancelled_) throw cancelled_error();
        return std::move(granted_);
    }

private:
    void on_granted(connection_pool::slot& slot) noexcept override {
        granted_ = lease(core_, slot);
        wake();
    }
    void on_refused() noexcept override { wake(); }
    void describe(std::string& out) const override {
        out += "waiting for a connection: the pool is at its limit";
    }
    void on_cancel() noexcept override {
        cancelled_ = true;
        pool_.abandon(*this);
        wake();
    }

    std::shared_ptr<session_core> core_;
    connection_pool& pool_;
    connection_pool::host& host_;
    lease granted_;
    bool cancelled_ = false;
};

}  // namespace

session_core::session_core(session_options options)
    : options_(std::move(options)),
      limits_(or_else(options_.timeout, default_timeouts())),
      base_fields_(with_own_fields(options_)),
      base_lines_(http1::encode_plain_fields(base_fields_)),
      cookies_(options_.cookies ? options_.cookies : std::make_shared<cookie_jar>()),
      proxy_trust_(options_.proxy_tls ? *options_.proxy_tls : options_.tls.for_proxy()),
      names_(options_.connector),
      sockets_(sockets_of(options_.connector)),
      pool_(limits_of(options_.connector)),
      tokens_(options_.retry_budget) {
    if (options_.retry || options_.retry_if)
        retries_ = {options_.retry.value_or(retry_policy()), options_.retry_if};
    if (rate_limiter::is_needed(options_.rate_limit)) limiter_.emplace(options_.rate_limit);
    if (!options_.base_url.empty()) base_.emplace(options_.base_url);
    if (options_.trust_netrc || !options_.netrc.empty()) netrc_ = load_netrc(options_.netrc);
    proxies_ = proxies_of(options_);
    if (options_.max_redirects < 0) throw std::invalid_argument("max_redirects is negative");
    parser_limits_.max_head_bytes = options_.connector.max_head_bytes;
    parser_limits_.max_headers = options_.connector.max_headers;
}

session_core::~session_core() {
    pool_.close_idle();
}

void session_core::enter() {
    if (closed_) throw std::logic_error("a request on a session that is closed");
    loop::host::current("a request").bind(*this, "a client_session");
}

session_stats session_core::stats() const noexcept {
    session_stats s = counts_;
    s.open = pool_.open();
    s.idle = pool_.idle();
    s.waiting = pool_.waiting();
    s.expired = pool_.expired();
    s.evicted = pool_.evicted();
    s.dns_hits = names_.hits();
    s.dns_misses = names_.misses();
    return s;
}

connection_pool::host& session_core::host_of(const request_state& r) {
    // Most requests go where the one before went; the pool forgets hosts only when it is asked for another.
    const pool_key key(r.url, r.choices ? std::string_view(r.choices->key) : std::string_view());
    if (last_host_ != nullptr && key.is(last_key_)) return *last_host_;
    key.write_to(last_key_);
    last_host_ = &pool_.at(last_key_);
    return *last_host_;
}

bool session_core::is_fit(pooled& one) noexcept {
    if (!one.wire.reusable()) return false;
    // Idle connections are armed for read: what came before the last poll was seen then.
    return one.idle_since_turn == detail::this_kernel.scheduler->turn_number() ||
           one.wire.stream().is_quiet();
}

lease session_core::try_acquire(const request_state& r) {
    auto& host = host_of(r);
    while (auto* slot = pool_.acquire(host, detail::this_kernel.scheduler->now())) {
        if (!slot->connection || is_fit(*slot->connection)) return lease(shared_from_this(), *slot);
        ++counts_.lost_idle;
        pool_.discard(*slot);
    }
    return {};
}

task<lease> session_core::acquire(const request_state& r) {
    if (auto got = try_acquire(r)) co_return got;
    ++counts_.waited;
    pool_wait turn(shared_from_this(), pool_, host_of(r));
    lease got = co_await turn;
    if (!got) throw std::logic_error("the session was closed while a request waited for a connection");
    // Its turn has come, even if the connection has died meanwhile: it opens another in its place.
    if (got.has_connection() && !is_fit(got.connection())) got.drop_connection();
    co_return got;
}

clock::time_point session_core::idle_until(const pooled& one, clock::time_point now) const noexcept {
    clock::duration keep = options_.connector.keepalive;
    if (const auto hint = one.wire.keep_alive_timeout())
        keep = std::min<clock::duration>(keep, *hint - std::chrono::seconds(1));
    return std::min(now + keep, one.retires);
}

void session_core::give_back(connection_pool::slot& slot) noexcept {
    pooled* one = slot.connection.get();
    if (one != nullptr) {
        one->holder = nullptr;
        if (std::exchange(one->completed, false)) std::erase(completed_, one);
    }
    if (one == nullptr || one->retired || closed_ || bound_to() == nullptr || !one->wire.reusable() ||
        options_.connector.force_close)
        return pool_.discard(slot);
    const auto& scheduler = *detail::this_kernel.scheduler;
    const auto expires = idle_until(*one, scheduler.now());
    if (++one->served == options_.connector.max_requests || one->retires <= scheduler.now())
        return pool_.discard(slot);
    one->idle_since_turn = scheduler.turn_number();
    pool_.release(slot, expires);
    if (expires < sweep_at_) {
        sweep_at_ = expires;
        detail::this_kernel.scheduler->deadlines().set(*this, expires);
    }
}

void session_core::bury(pooled& dead) noexcept {
    auto& slot = dead.slot;
    ++counts_.lost_idle;
    dead.wire.close({});  // from here on nothing of it is heard
    graveyard_.push_back(std::move(slot.connection));
    pool_.discard(slot);
    wake_up_soon();
}

void session_core::retire(const connection_facts& which) noexcept {
    for (pooled* one : all_) {
        if (one->facts.get() != &which) continue;
        if (one->holder == nullptr) return bury(*one);
        one->retired = true;
        return;
    }
}

void session_core::take_back_later(pooled& one) noexcept {
    if (one.completed) return;
    one.completed = true;
    completed_.push_back(&one);
    wake_up_soon();
}

void session_core::wake_up_soon() noexcept {
    if (queued_) return;
    queued_ = shared_from_this();
    detail::this_kernel.scheduler->push(*this);
}

void session_core::run() noexcept {
    const auto self = std::move(queued_);
    graveyard_.clear();
    while (!completed_.empty()) {
        pooled* one = completed_.back();
        completed_.pop_back();
        one->completed = false;
        if (one->holder != nullptr) one->holder->release();
    }
}

void session_core::on_deadline() noexcept {
    sweep_at_ = pool_.expire(detail::this_kernel.scheduler->now());
    if (sweep_at_ != clock::time_point::max())
        detail::this_kernel.scheduler->deadlines().set(*this, sweep_at_);
}

void session_core::close() noexcept {
    closed_ = true;
    pool_.close_idle();
    pool_.refuse_waiters();
    if (limiter_) limiter_->refuse_waiters();
}

void session_core::on_loop_end() noexcept {
    names_.forget_all();
    pool_.close_idle();
    // Responses that outlive the loop keep their slots, without a connection behind them.
    for (pooled* one : all_) one->wire.close(std::make_error_code(std::errc::operation_canceled));
    sweep_at_ = clock::time_point::max();
    if (is_set()) detail::this_kernel.scheduler->deadlines().clear(*this);
}

}  // namespace skein::client
