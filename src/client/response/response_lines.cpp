// Owns the reading of bodies by lines, by marks and by counts, over pieces of any size.
#include "client/response/response_state.hpp"

#include <skein/client_response.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace skein::client {

namespace {

/// How many bytes of `next`, which follows `line`, it takes to the end of the first `end` there; 0 if there
/// is none. `line` alone has none.
std::size_t bytes_to_end(std::string_view line, std::string_view next, std::string_view end) {
    const std::size_t before = std::min(line.size(), end.size() - 1);
    if (before != 0) {
        std::string seam(line.substr(line.size() - before));
        seam += next.substr(0, end.size() - 1);
        if (const auto at = seam.find(end); at != seam.npos) return at + end.size() - before;
    }
    const auto at = next.find(end);
    return at == next.npos ? 0 : at + end.size();
}

}  // namespace

task<std::optional<byte_view>> response_state::rest_or_piece() {
    if (!rest.empty()) co_return std::exchange(rest, {});
    co_return co_await next_piece();
}

task<std::string> response_state::read_until(std::string end, std::size_t limit) {
    std::string line;
    for (;;) {
        if (rest.empty()) {
            const auto piece = co_await next_piece();
            if (!piece) co_return line;
            rest = *piece;
        }
        const std::size_t to_end = bytes_to_end(line, as_text(rest), end);
        const std::size_t count = to_end != 0 ? to_end : rest.size();
        if (line.size() + count > limit) {
            close();
            sent->fail<payload_error>("a line of the body is longer than the limit of " +
                                      std::to_string(limit) + " bytes");
        }
        line += as_text(rest.first(count));
        rest = rest.subspan(count);
        if (to_end != 0) co_return line;
    }
}

task<std::vector<std::byte>> response_state::read_exactly(std::size_t count) {
    std::vector<std::byte> bytes;  // no reserve: the count may be what the peer said
    while (bytes.size() < count) {
        if (rest.empty()) {
            const auto piece = co_await next_piece();
            if (!piece)
                sent->fail<incomplete_read>("the body has ended after " + std::to_string(bytes.size()) +
                                                " of " + std::to_string(count) + " bytes",
                                            std::move(bytes));
            rest = *piece;
        }
        const byte_view part = rest.first(std::min(rest.size(), count - bytes.size()));
        bytes.insert(bytes.end(), part.begin(), part.end());
        rest = rest.subspan(part.size());
    }
    co_return bytes;
}

}  // namespace skein::client

namespace skein {

namespace {

task<std::optional<std::string>> without_line_end(task<std::string> reading) {
    std::string line = co_await reading;
    if (line.empty()) co_return std::nullopt;
    if (line.ends_with('\n')) {
        line.pop_back();
        if (line.ends_with('\r')) line.pop_back();
    }
    co_return line;
}

task<std::optional<std::string>> with_end(task<std::string> reading, std::string end, client::sending& sent) {
    std::string found = co_await reading;
    if (found.empty()) co_return std::nullopt;
    if (!found.ends_with(end)) {
        const byte_view bytes = as_bytes(found);
        sent.fail<incomplete_read>(
            "the body has ended " + std::to_string(found.size()) + " bytes on, before the mark came",
            std::vector<std::byte>(bytes.begin(), bytes.end()));
    }
    co_return found;
}

}  // namespace

task<std::optional<std::string>> client_response::read_line(std::size_t limit) {
    state_->read_in_pieces("read_line()");
    return without_line_end(state_->read_until("\n", limit));
}

task<std::optional<std::string>> client_response::read_until(std::string_view end, std::size_t limit) {
    if (end.empty()) throw std::invalid_argument("read_until(): the mark is empty");
    state_->read_in_pieces("read_until()");
    return with_end(state_->read_until(std::string(end), limit), std::string(end), *state_->sent);
}

task<std::vector<std::byte>> client_response::read_exactly(std::size_t count) {
    state_->read_in_pieces("read_exactly()");
    return state_->read_exactly(count);
}

}  // namespace skein
