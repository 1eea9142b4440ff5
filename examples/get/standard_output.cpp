// Owns the writing to standard output.
#include "standard_output.hpp"

#include <skein/to_thread.hpp>

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace get {

namespace {

void write_all(skein::byte_view bytes) {
    while (!bytes.empty()) {
        const ssize_t done = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
        if (done >= 0)
            bytes = bytes.subspan(static_cast<std::size_t>(done));
        else if (errno != EINTR)
            throw output_error(errno, std::generic_category(), "cannot write to standard output");
    }
}

}  // namespace

skein::task<> write_output(skein::byte_view bytes) {
    co_await skein::to_thread([&] { write_all(bytes); });
}

skein::task<> text_writer::add(std::string text) {
    waiting_ += text;
    if (writing_) co_return;
    writing_ = true;
    while (!waiting_.empty()) {
        const std::string batch = std::exchange(waiting_, std::string());
        co_await write_output(skein::as_bytes(batch));
    }
    writing_ = false;
}

}  // namespace get
