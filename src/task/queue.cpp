// The cold ends of queue.hpp: what it throws.
#include <skein/queue.hpp>

namespace skein {

queue_shut_down::queue_shut_down() : std::runtime_error("the queue was shut down") {}
queue_shut_down::~queue_shut_down() = default;

void detail::throw_queue_shut_down() {
    throw queue_shut_down();
}
void detail::throw_no_unfinished_item() {
    throw std::logic_error("task_done() more often than items were put");
}

}  // namespace skein
