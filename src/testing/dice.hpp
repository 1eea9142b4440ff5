// Numbers that look random and are the same in every run.
#pragma once

#include <cstddef>
#include <cstdint>

namespace skein::testing {

/// SplitMix64.
class dice {
public:
    explicit dice(std::uint64_t seed) noexcept : state_(seed) {}

    std::uint64_t next() noexcept {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }
    /// From 0 to below `bound`, which is not 0.
    std::size_t below(std::size_t bound) noexcept { return static_cast<std::size_t>(next() % bound); }
    bool flip() noexcept { return (next() & 1) != 0; }

private:
    std::uint64_t state_;
};

}  // namespace skein::testing
