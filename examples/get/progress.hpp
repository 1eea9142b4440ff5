// How far the downloads are: counters that cost an addition a piece, read by whoever shows them.
#pragma once

#include <skein/clock.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>

namespace get {

/// Bytes a second over the last few seconds, from samples of a counter.
class rate_meter {
public:
    void sample(std::uint64_t bytes, skein::clock::time_point now) noexcept;
    double bytes_per_second() const noexcept;

private:
    struct point {
        std::uint64_t bytes = 0;
        skein::clock::time_point at = {};
    };
    std::array<point, 32> points_ = {};  // at ten samples a second: the last three seconds
    std::size_t count_ = 0;              // ever taken
};

/// Which way bytes go.
enum class direction : std::uint8_t { from_server, to_server };

/// One download in progress, or the body of a request on its way.
struct transfer {
    std::string name;
    std::optional<std::uint64_t> size;  ///< where it is known
    direction way = direction::from_server;
    std::uint64_t done = 0;
    rate_meter rate = {};
};

/// All downloads of a run. *Thread:* the loop's.
class progress {
public:
    explicit progress(std::size_t files) : files_(files) {}

    /// A transfer, listed as long as this exists.
    class entry {
    public:
        entry(progress& in, std::string name, std::optional<std::uint64_t> size,
              direction way = direction::from_server);
        entry(const entry&) = delete;
        entry& operator=(const entry&) = delete;
        ~entry();
        void add(std::size_t bytes) noexcept { at_->done += bytes; }
        void set(std::uint64_t bytes) noexcept { at_->done = bytes; }

    private:
        progress& in_;
        std::list<transfer>::iterator at_;
    };

    void count_start() noexcept { ++started_; }
    void count_saved(std::uint64_t bytes) noexcept {
        ++saved_;
        saved_bytes_ += bytes;
    }
    void count_failure() noexcept { ++failed_; }

    std::size_t files() const noexcept { return files_; }
    std::size_t saved() const noexcept { return saved_; }
    std::size_t failed() const noexcept { return failed_; }
    std::size_t ended() const noexcept { return saved_ + failed_; }
    std::uint64_t saved_bytes() const noexcept { return saved_bytes_; }
    /// Of all downloads, whatever became of them.
    std::uint64_t bytes() const noexcept;
    /// How much is still to come, if every file has begun and said its size.
    std::optional<std::uint64_t> bytes_left() const noexcept;
    skein::clock::duration elapsed() const { return skein::clock::now() - began_; }
    std::list<transfer>& transfers() noexcept { return transfers_; }

private:
    std::list<transfer> transfers_;
    std::size_t files_;
    std::size_t started_ = 0;
    std::size_t saved_ = 0;
    std::size_t failed_ = 0;
    std::uint64_t saved_bytes_ = 0;
    std::uint64_t past_bytes_ = 0;  // of transfers that have ended
    skein::clock::time_point began_ = skein::clock::now();
};

}  // namespace get
