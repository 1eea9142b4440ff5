// Owns lookups that several requests share, and how long their answers are believed.
#include "client/connection/name_book.hpp"

#include "base/host_and_port.hpp"
#include "http/bytes.hpp"
#include "net/network.hpp"

#include <skein/detail/recycler.hpp>
#include <skein/detail/result.hpp>
#include <skein/detail/scheduler.hpp>
#include <skein/task.hpp>
#include <skein/task_local.hpp>

#include <algorithm>
#include <cassert>
#include <memory>
#include <stdexcept>
#include <utility>

namespace skein::client {

std::vector<ip_address> rotated(const std::vector<ip_address>& all, std::size_t by) {
    std::vector<ip_address> turned[2];
    for (const auto& one : all) turned[one.is_v6()].push_back(one);
    std::size_t at[2] = {by, by};
    std::vector<ip_address> result;
    result.reserve(all.size());
    for (const auto& one : all) {
        const auto& family = turned[one.is_v6()];
        result.push_back(family[at[one.is_v6()]++ % family.size()]);
    }
    return result;
}

namespace {

using answer = detail::result<std::vector<ip_address>>;

}  // namespace

// A lookup under way: a task of the loop's. Somebody waits for it as long as it exists, so the book is there.
//
// A resolver of the program's own may wait for requests, and so for other lookups. What runs inside of it has
// a task-local value that says so: with these a lookup that would wait for itself is known before it does.
class name_book::lookup final : public detail::job, public detail::recycled {
public:
    /// Where a lookup is, null when it is over; none: it asks no resolver of the program's.
    using place = std::shared_ptr<lookup*>;
    /// Of the lookup that the running task is a part of.
    static task_local<place>& current() {
        static task_local<place> value;
        return value;
    }

    /// `here`: its own, with nothing in it yet.
    lookup(name_book& book, std::string host, place here)
        : job(ask(book.options_, host, here).release()),
          book_(book),
          host_(std::move(host)),
          name_("lookup " + host_),
          place_(std::move(here)) {
        waiting_.reserve(1);  // so that it never runs for nobody
        if (place_) *place_ = this;
    }
    ~lookup() override {
        if (place_) *place_ = nullptr;
    }

    /// Before the running task waits for one that is under way. *Throws:* std::logic_error if that would wait
    /// for itself then.
    static void refuse_circle(const lookup& awaited);
    /// Whether this is the other, or its resolver waits for the other, itself or by way of more lookups.
    bool waits_for(const lookup& other) const noexcept;

    const std::string& host() const noexcept { return host_; }
    std::string_view name() const noexcept override { return name_; }

    void add(waiting& one) { waiting_.push_back(&one); }
    /// False if it was the last: then the lookup is given up, and ends that wait when it has ended itself.
    bool leave(waiting& one) noexcept {
        if (waiting_.size() > 1) {
            std::erase(waiting_, &one);
            return true;
        }
        book_.forget_lookup(*this);
        cancel();
        return false;
    }

private:
    static task<std::vector<ip_address>> ask(const connector_options& options, std::string host, place here) {
        if (options.resolver) {
            const auto inside = current().set(std::move(here));
            auto found = options.resolver(std::move(host));
            co_return co_await std::move(found);
        }
        co_return co_await net::network::current().resolver().resolve(std::move(host), options.family);
    }

    void finish(detail::task_handle root) noexcept override;

    name_book& book_;
    const std::string host_;
    const std::string name_;
    const place place_;
    const std::shared_ptr<answer> answer_ = std::make_shared<answer>();
    std::vector<waiting*> waiting_;
};

// The wait of one request for a lookup.
class name_book::waiting final : detail::wait {
public:
    waiting(name_book& book, const std::string& host) noexcept
        : book_(book), host_(host), inside_(lookup::current().get()) {}

    bool await_ready() const {
        check();
        return false;
    }
    void await_suspend(detail::task_handle at);
    std::vector<ip_address> await_resume() const {
        if (cancelled_) throw cancelled_error();
        return answer_->get();
    }

    void end(std::shared_ptr<answer> with) noexcept {
        answer_ = std::move(with);
        wake();
    }
    /// The lookup whose resolver waits here, if one does.
    lookup* inside() const noexcept { return inside_ ? *inside_ : nullptr; }

private:
    void on_cancel() noexcept override;
    void describe(std::string& out) const override {
        out.append("waiting for the addresses of ").append(host_);
    }

    name_book& book_;
    const std::string& host_;
    const lookup::place inside_;
    lookup* lookup_ = nullptr;
    std::shared_ptr<answer> answer_;
    bool cancelled_ = false;
};

bool name_book::lookup::waits_for(const lookup& other) const noexcept {
    if (this == &other) return true;
    return std::any_of(other.waiting_.begin(), other.waiting_.end(), [this](const waiting* one) {
        const lookup* const around = one->inside();
        return around != nullptr && waits_for(*around);
    });
}

void name_book::lookup::finish(detail::task_handle root) noexcept {
    const auto how = detail::take_from_root(*answer_, root);
    book_.forget_lookup(*this);
    try {
        if (how == detail::result_state::value) book_.remember(host_, answer_->get());
    } catch (const std::bad_alloc&) {  // then it is not remembered
    }
    for (waiting* one : waiting_) one->end(answer_);
    leave_scope(how == detail::result_state::cancelled, nullptr);  // its error is for those who wait
    delete this;
}

void name_book::lookup::refuse_circle(const lookup& awaited) {
    const lookup* const around = current().get() ? *current().get() : nullptr;
    if (around == nullptr || !awaited.waits_for(*around)) return;
    throw std::logic_error("the lookup of host '" + awaited.host_ +
                           "' would wait for itself: the resolver makes a request that needs it while it is "
                           "asked for '" +
                           around->host_ + "'");
}

void name_book::waiting::await_suspend(detail::task_handle at) {
    lookup_ = &book_.lookup_of(host_);
    lookup_->add(*this);
    suspend(at);
}

void name_book::waiting::on_cancel() noexcept {
    cancelled_ = true;
    if (lookup_->leave(*this)) wake();
}

name_book::name_book(const connector_options& options) : options_(options) {
    for (const auto& [host, addresses] : options.hosts) {
        std::string name = host;
        std::transform(name.begin(), name.end(), name.begin(), http::to_lower);
        fixed_.insert_or_assign(std::move(name), addresses);
    }
}

name_book::~name_book() {
    assert(lookups_.empty());
}

const std::vector<ip_address>* name_book::fixed(std::string_view host, std::uint16_t port) const {
    if (fixed_.empty()) return nullptr;
    if (host.ends_with('.')) host.remove_suffix(1);
    auto found = fixed_.find(detail::host_and_port(host, port));
    if (found == fixed_.end()) found = fixed_.find(host);
    return found == fixed_.end() ? nullptr : &found->second;
}

std::optional<std::vector<ip_address>> name_book::remembered(std::string_view host) {
    const auto found = places_.find(host);
    if (found == places_.end()) return std::nullopt;
    entry& known = *found->second;
    if (known.expires <= detail::this_kernel.scheduler->now()) {
        forget(found->second);
        return std::nullopt;
    }
    ++hits_;
    return rotated(known.addresses, ++known.uses);
}

void name_book::remember(const std::string& host, const std::vector<ip_address>& addresses) {
    if (options_.dns_ttl <= options_.dns_ttl.zero() || options_.dns_names == 0 || addresses.empty()) return;
    if (const auto before = places_.find(host); before != places_.end()) forget(before->second);
    if (entries_.size() >= options_.dns_names) forget(entries_.begin());
    const auto expires = detail::this_kernel.scheduler->now() + detail::saturate(options_.dns_ttl);
    entries_.push_back({host, addresses, expires, 0});
    const auto place = std::prev(entries_.end());
    try {
        places_.emplace(place->host, place);
    } catch (...) {
        entries_.pop_back();
        throw;
    }
}

void name_book::forget(entry_place which) noexcept {
    places_.erase(which->host);
    entries_.erase(which);
}

void name_book::forget_all() noexcept {
    places_.clear();
    entries_.clear();
}

name_book::lookup& name_book::lookup_of(const std::string& host) {
    if (const auto running = lookups_.find(host); running != lookups_.end()) {
        if (options_.resolver) lookup::refuse_circle(*running->second);
        ++hits_;
        return *running->second;
    }
    auto here = options_.resolver ? std::make_shared<lookup*>(nullptr) : lookup::place();
    auto made = std::make_unique<lookup>(*this, host, std::move(here));
    lookups_.emplace(host, made.get());
    ++misses_;
    lookup& begun = *made.release();
    detail::this_kernel.scheduler->start_background(begun);
    return begun;
}

void name_book::forget_lookup(const lookup& one) noexcept {
    const auto found = lookups_.find(one.host());
    if (found != lookups_.end() && found->second == &one) lookups_.erase(found);
}

task<std::vector<ip_address>> name_book::look_up(std::string host) {
    return wait_for(*this, std::move(host));
}

task<std::vector<ip_address>> name_book::wait_for(name_book& self, std::string host) {
    waiting turn(self, host);
    co_return co_await turn;
}

}  // namespace skein::client
