// Owns what a stream says to its user; what it does is stream_core.
#include "client/stream/stream_core.hpp"

#include <skein/stream.hpp>

#include <stdexcept>
#include <utility>

namespace skein {

stream::stream(std::shared_ptr<client::stream_core> core) noexcept : core_(std::move(core)) {}
stream::stream(stream&&) noexcept = default;
stream& stream::operator=(stream&& other) noexcept {
    std::swap(core_, other.core_);
    return *this;
}
stream::~stream() {
    if (core_) core_->close();
}

client::stream_core& stream::core() const {
    if (core_) return *core_;
    throw std::logic_error("a stream was used after it was moved from");
}

namespace {

task<std::optional<std::string>> without_line_end(task<std::optional<std::string>> reading) {
    auto line = co_await reading;
    if (line && line->ends_with('\n')) {
        line->pop_back();
        if (line->ends_with('\r')) line->pop_back();
    }
    co_return line;
}

}  // namespace

task<std::string> stream::read(std::size_t most) {
    (void)core();
    return client::stream_core::read(core_, most);
}
task<std::string> stream::read_exactly(std::size_t count) {
    (void)core();
    return client::stream_core::read_exactly(core_, count);
}
task<std::optional<std::string>> stream::read_until(std::string_view end, std::size_t limit) {
    (void)core();
    if (end.empty()) throw std::invalid_argument("read_until(): the mark is empty");
    return client::stream_core::read_until(core_, std::string(end), limit, false);
}
task<std::optional<std::string>> stream::read_line(std::size_t limit) {
    (void)core();
    return without_line_end(client::stream_core::read_until(core_, "\n", limit, true));
}
task<> stream::write(std::string data) {
    (void)core();
    return client::stream_core::write(core_, std::move(data));
}
task<> stream::shutdown() {
    (void)core();
    return client::stream_core::shutdown(core_);
}
void stream::close() noexcept {
    if (core_) core_->close();
}

const std::string& stream::peer() const {
    return core().peer().facts->peer;
}
std::string_view stream::tls_version() const {
    return core().peer().facts->tls_version;
}
std::string_view stream::tls_cipher() const {
    return core().peer().facts->tls_cipher;
}
std::string_view stream::alpn() const {
    return core().peer().facts->alpn;
}

}  // namespace skein
