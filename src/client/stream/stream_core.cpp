// Owns how bytes get from a net::stream to the tasks that read, and from those that write to it.
#include "client/stream/stream_core.hpp"

#include "base/host_and_port.hpp"

#include <skein/error.hpp>
#include <skein/sleep.hpp>

#include <algorithm>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

namespace skein::client {

namespace {
// A task that writes to a peer as fast as itself would never wait, and so keep all others from running.
constexpr std::size_t worth_a_turn_bytes = std::size_t{1024} * 1024;
}  // namespace

// ---- waits

// In the place for its kind, one at a time.
class stream_core::side_wait : protected detail::wait {
public:
    void await_suspend(detail::task_handle at) noexcept {
        suspend(at);
        place_ = this;
    }
    void await_resume() const {
        if (cancelled_) throw cancelled_error();
        of_.require_not_closed();
    }
    using detail::wait::wake;

protected:
    side_wait(stream_core& of, side_wait*& place) noexcept : of_(of), place_(place) {}
    ~side_wait() = default;

    stream_core& of_;

private:
    void on_cancel() noexcept override {
        cancelled_ = true;
        place_ = nullptr;
        wake();
    }
    side_wait*& place_;
    bool cancelled_ = false;
};

class stream_core::news_wait final : public side_wait {
public:
    explicit news_wait(stream_core& of) noexcept : side_wait(of, of.reader_) {}
    bool await_ready() const {
        check();
        return false;
    }

private:
    void describe(std::string& out) const override { out.append("reading from ").append(of_.name()); }
};

// Of whoever holds the line.
class stream_core::sent_wait final : public side_wait {
public:
    explicit sent_wait(stream_core& of) noexcept : side_wait(of, of.writer_) {}
    bool await_ready() const {
        check();
        return of_.out_ == nullptr;
    }
    void await_resume() const {
        side_wait::await_resume();
        if (of_.write_error_) of_.fail("writing to " + of_.name() + " failed", of_.write_error_);
    }

private:
    void describe(std::string& out) const override { out.append("writing to ").append(of_.name()); }
};

// What the system did not take at once, or the end that it was told of. Keeps the bytes until the stream is
// done with them, whatever becomes of the task that wrote them.
class stream_core::outgoing final : public net::write_listener, public detail::recycled {
public:
    outgoing(stream_core& owner, std::string data) noexcept : owner_(&owner), data_(std::move(data)) {}
    byte_view from(std::size_t written) const noexcept { return as_bytes(data_).subspan(written); }
    void abandon() noexcept { owner_ = nullptr; }

private:
    void on_written(std::error_code result) noexcept override {
        const std::unique_ptr<outgoing> self(this);
        if (owner_ != nullptr) owner_->on_sent(result);
    }
    stream_core* owner_;
    std::string data_;
};

class stream_core::turn_to_read {
public:
    turn_to_read(stream_core& of, const char* what) : of_(of) {
        of.require_open(what);
        if (of.is_read_) throw std::logic_error("two tasks read one stream at the same time");
        of.is_read_ = true;
    }
    ~turn_to_read() { of_.is_read_ = false; }
    turn_to_read(const turn_to_read&) = delete;
    turn_to_read& operator=(const turn_to_read&) = delete;

private:
    stream_core& of_;
};

// ---- life

stream_core::stream_core(std::unique_ptr<net::stream> bytes, stream_peer peer, lease place,
                         std::string behind)
    : bytes_(std::move(bytes)), peer_(std::move(peer)), place_(std::move(place)), ahead_(std::move(behind)) {
    loop::host::current("a stream").bind(*this, "a stream");
    bytes_->attach(this);
}

void stream_core::close() noexcept {
    if (!bytes_) return;
    if (out_ != nullptr) std::exchange(out_, nullptr)->abandon();
    bytes_->close();
    bytes_.reset();
    in_.clear();
    front_used_ = ahead_used_ = 0;
    ahead_.clear();
    if (reader_ != nullptr) std::exchange(reader_, nullptr)->wake();
    if (writer_ != nullptr) std::exchange(writer_, nullptr)->wake();
    place_.release();
}

void stream_core::on_loop_end() noexcept {
    loop_has_ended_ = true;
    close();
}

void stream_core::require_open(const char* what) const {
    if (loop_has_ended_)
        throw std::logic_error(std::string(what) + ": the loop of the stream to " + name() + " has ended");
    if (!bytes_) throw std::logic_error(std::string(what) + ": the stream to " + name() + " is closed");
    if (bound_to() != &loop::host::current(what))
        throw std::logic_error(std::string(what) + ": the stream belongs to another loop, in another thread");
}

void stream_core::require_not_closed() const {
    if (!bytes_)
        fail("the stream to " + name() + " was closed on this side",
             std::make_error_code(std::errc::operation_canceled));
}

std::string stream_core::name() const {
    const std::string& address = peer_.facts->peer;
    if (peer_.host.empty()) return address;
    return detail::with_address(detail::host_and_port(peer_.host, peer_.port), address);
}

void stream_core::fail(const std::string& what, std::error_code code) const {
    throw disconnected_error(what + ": " + code.message(), peer_.host, peer_.port, code);
}

void stream_core::require_good_end() const {
    if (*end_) fail("reading from " + name() + " failed", *end_);
}

void stream_core::fail_incomplete(const std::string& what) {
    const std::string came = take_ahead(ahead().size());
    const byte_view bytes = as_bytes(came);
    throw incomplete_read("the stream from " + name() + " has ended " + what,
                          std::vector<std::byte>(bytes.begin(), bytes.end()));
}

// ---- reading

void stream_core::on_data(byte_view data, net::block_ptr& from) noexcept {
    try {
        in_.append(data, from);
    } catch (const std::bad_alloc&) {  // what follows would not follow what is here
        bytes_->close();
        return on_end(std::make_error_code(std::errc::not_enough_memory));
    }
    if (in_.full() && !paused_) {
        paused_ = true;
        bytes_->pause();
    }
    if (reader_ != nullptr) std::exchange(reader_, nullptr)->wake();
}

void stream_core::on_end(std::error_code reason) noexcept {
    end_ = reason;
    if (reader_ != nullptr) std::exchange(reader_, nullptr)->wake();
}

void stream_core::read_on() noexcept {
    if (!paused_ || in_.full()) return;
    paused_ = false;
    bytes_->resume();
}

/// Moves what has arrived behind `data`, up to `most` bytes of it.
void stream_core::move_to(std::string& data, std::size_t most) {
    while (most != 0 && !in_.empty()) {
        const byte_view front = in_.front().subspan(front_used_);
        const byte_view piece = front.first(std::min(front.size(), most));
        data += as_text(piece);
        most -= piece.size();
        front_used_ += piece.size();
        if (piece.size() < front.size()) break;
        in_.pop_front();
        front_used_ = 0;
    }
    read_on();
}

std::string stream_core::take_ahead(std::size_t count) {
    if (ahead_used_ == 0 && count == ahead_.size()) return std::exchange(ahead_, {});
    std::string taken(ahead().substr(0, count));
    ahead_used_ += count;
    if (2 * ahead_used_ >= ahead_.size()) {  // line by line, each would move all that follows
        ahead_.erase(0, ahead_used_);
        ahead_used_ = 0;
    }
    return taken;
}

task<std::string> stream_core::read(self core, std::size_t most) {
    if (most == 0) throw std::invalid_argument("read() of no bytes");
    const turn_to_read turn(*core, "read()");
    if (!core->ahead().empty()) co_return core->take_ahead(std::min(most, core->ahead().size()));
    while (core->in_.empty() && !core->end_) co_await news_wait(*core);
    std::string data;
    if (core->in_.empty()) {
        core->require_good_end();
        co_return data;
    }
    data.reserve(std::min(most, core->in_.size() - core->front_used_));
    core->move_to(data, most);
    co_return data;
}

task<std::string> stream_core::read_exactly(self core, std::size_t count) {
    const turn_to_read turn(*core, "read_exactly()");
    while (core->ahead().size() < count) {
        core->move_to(core->ahead_, count - core->ahead().size());
        if (core->ahead().size() >= count) break;
        if (core->end_) {
            core->require_good_end();
            core->fail_incomplete("after " + std::to_string(core->ahead().size()) + " of " +
                                  std::to_string(count) + " bytes");
        }
        co_await news_wait(*core);
    }
    co_return core->take_ahead(count);
}

task<std::optional<std::string>> stream_core::read_until(self core, std::string end, std::size_t limit,
                                                         bool may_lack_end) {
    const turn_to_read turn(*core, may_lack_end ? "read_line()" : "read_until()");
    std::size_t searched = 0;  // the end does not begin before
    for (;;) {
        const std::string_view ahead = core->ahead();
        const std::size_t at = ahead.find(end, searched);
        const bool found = at != ahead.npos;
        if (found && at + end.size() <= limit) co_return core->take_ahead(at + end.size());
        if (found || ahead.size() >= limit)
            throw payload_error("more than " + std::to_string(limit) + " bytes from " + core->name() +
                                " without the end that was asked for");
        searched = ahead.size() < end.size() ? 0 : ahead.size() - end.size() + 1;
        if (!core->in_.empty()) {
            core->move_to(core->ahead_, core->in_.front().size() - core->front_used_);
            continue;
        }
        if (core->end_) {
            core->require_good_end();
            if (ahead.empty()) co_return std::nullopt;
            if (may_lack_end) co_return core->take_ahead(ahead.size());
            core->fail_incomplete(std::to_string(ahead.size()) + " bytes on, before the mark came");
        }
        co_await news_wait(*core);
    }
}

// ---- writing

void stream_core::send(std::string data, std::size_t written) {
    out_ = new outgoing(*this, std::move(data));
    bytes_->write(out_->from(written), *out_);
}

void stream_core::on_sent(std::error_code result) noexcept {
    out_ = nullptr;
    if (result) write_error_ = result;
    if (writer_ != nullptr) std::exchange(writer_, nullptr)->wake();
}

task<> stream_core::write(self core, std::string data) {
    core->require_open("write()");
    if (core->shut_) throw std::logic_error("write() after shutdown()");
    const auto turn = co_await core->line_.lock();
    co_await sent_wait(*core);  // what a task wrote that was cancelled then
    core->written_ += data.size();
    if (core->written_ > worth_a_turn_bytes) {
        core->written_ = 0;
        co_await yield();
        core->require_not_closed();
    }
    if (data.empty()) co_return;
    const byte_view all = as_bytes(data);
    const std::size_t taken = core->bytes_->try_write({&all, 1});
    if (taken == data.size() && core->bytes_->is_flushed()) co_return;  // close() may come next
    core->send(std::move(data), taken);
    co_await sent_wait(*core);
}

task<> stream_core::shutdown(self core) {
    core->require_open("shutdown()");
    if (core->shut_) co_return;
    struct promise {  // nothing is written behind it; taken back if it never gets its turn
        bool& given;
        bool kept = false;
        explicit promise(bool& flag) noexcept : given(flag) { given = true; }
        ~promise() { given = kept; }
    } to_end(core->shut_);
    const auto turn = co_await core->line_.lock();
    co_await sent_wait(*core);
    to_end.kept = true;
    core->out_ = new outgoing(*core, std::string());
    core->bytes_->shutdown(*core->out_);
    co_await sent_wait(*core);
}

}  // namespace skein::client
