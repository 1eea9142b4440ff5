// Owns the way of a body to a file. What blocks is done in another thread.
#include "client/response/part_file.hpp"
#include "client/response/response_state.hpp"

#include <skein/client_response.hpp>
#include <skein/shield.hpp>
#include <skein/to_thread.hpp>

#include <exception>
#include <utility>
#include <vector>

namespace skein {

namespace {

// Written at once: what a switch to another thread costs is lost in it.
constexpr std::size_t batch_bytes = std::size_t{256} * 1024;

struct saving {
    client::response_state& from;
    client::part_file file;
    std::function<void(byte_view)> each;
    std::function<void()> check;
    std::vector<std::byte> batch = {};
    bool whole = false;

    void open() { file.open(); }
    void write() {
        file.write(batch);
        batch.clear();
    }
    void commit() {
        file.write(batch);
        file.commit();
    }
    // What came after the last batch is worth keeping, too, if it can be.
    void give_up(bool keep_part) noexcept {
        try {
            if (keep_part) file.write(batch);
        } catch (const std::exception&) {}
        file.discard();
    }
};

task<std::uint64_t> save_body(saving& s) {
    const auto open = [&s] { s.open(); };
    const auto write = [&s] { s.write(); };
    const auto commit = [&s] { s.commit(); };
    std::uint64_t bytes = 0;
    co_await to_thread(open);
    while (const auto piece = co_await s.from.next_piece()) {
        if (s.each) s.each(*piece);
        bytes += piece->size();
        s.batch.insert(s.batch.end(), piece->begin(), piece->end());
        if (s.batch.size() >= batch_bytes) co_await to_thread(write);
    }
    if (s.check) s.check();
    co_await to_thread(commit);
    s.whole = true;
    co_return bytes;
}

task<std::uint64_t> save(client::response_state& from, std::filesystem::path path, save_options options,
                         std::function<void(byte_view)> each, std::function<void()> check) {
    client::part_file_options how;
    how.overwrite = how.replace_leftover = options.overwrite;
    how.keep_part = options.keep_part;
    saving s{from, client::part_file(std::move(path), how), std::move(each), std::move(check)};
    const auto body = [&s] { return save_body(s); };
    const auto clean_up = [&s, &options]() -> task<> {
        if (s.whole) co_return;
        s.from.close();
        const auto give_up = [&s, &options] { s.give_up(options.keep_part); };
        co_await to_thread(give_up);
    };
    co_return co_await with_cleanup(body, clean_up);
}

}  // namespace

task<std::uint64_t> client_response::save_to(std::filesystem::path path, save_options options,
                                             std::function<void(byte_view piece)> each,
                                             std::function<void()> check) {
    state_->begin_reading("save_to()");
    return save(*state_, std::move(path), options, std::move(each), std::move(check));
}

}  // namespace skein
