// The seam of chance: numbers that nobody can guess, for what a peer must not foresee. In a simulation they
// follow from its seed.
#pragma once

#include <cstddef>
#include <span>

namespace skein::loop {

class random_source {
public:
    virtual void fill(std::span<std::byte> out) = 0;

protected:
    virtual ~random_source() = default;
};

/// Fills it with random bytes of cryptographic quality: the system's, unless another source took its place in
/// this thread. *Throws:* std::system_error if the system has none.
void fill_random(std::span<std::byte> out);

/// Puts a source in the place of the system's, in this thread, as long as it lives.
class random_override {
public:
    explicit random_override(random_source& instead) noexcept;
    ~random_override();
    random_override(const random_override&) = delete;
    random_override& operator=(const random_override&) = delete;

private:
    random_source* before_;
};

}  // namespace skein::loop
