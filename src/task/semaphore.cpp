// The cold ends of semaphore.hpp: how one begins, and what is refused.
#include <skein/semaphore.hpp>

#include <stdexcept>

namespace skein {

void detail::throw_empty_permit() {
    throw std::logic_error("release() or forget() of a permit that is empty");
}

semaphore::semaphore(std::ptrdiff_t permits) : available_(static_cast<std::size_t>(permits)) {
    if (permits < 0) throw std::invalid_argument("a semaphore of less than no permits");
}

void bounded_semaphore::release() {
    if (forgotten_ == 0)
        throw std::logic_error("release() of more permits than a bounded_semaphore has lent");
    --forgotten_;
    semaphore::release();
}

}  // namespace skein
