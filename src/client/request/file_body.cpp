// Owns the system calls by which a file becomes a body. All of them run where they may block.
#include "client/request/file_body.hpp"

#include "base/descriptor.hpp"
#include "client/request/counted_writer.hpp"

#include <skein/gather.hpp>
#include <skein/to_thread.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace skein::client {

namespace {

constexpr std::size_t block_bytes = std::size_t{256} * 1024;

class opened_file {
public:
    /// Throws std::system_error if it cannot be read or is no plain file.
    explicit opened_file(std::filesystem::path path)
        : path_(std::move(path)),
          // Not to wait for the other end of a pipe, which is refused.
          fd_(::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {
        struct stat found {};
        if (fd_.get() < 0 || ::fstat(fd_.get(), &found) != 0) fail(errno);
        if (!S_ISREG(found.st_mode)) fail(S_ISDIR(found.st_mode) ? EISDIR : EINVAL);
        size_ = static_cast<std::uint64_t>(found.st_size);
    }

    std::uint64_t size() const noexcept { return size_; }

    /// Reads from `offset` until `into` is full or the file ends; how many bytes that was.
    std::size_t read(std::span<char> into, std::uint64_t offset) const {
        std::size_t filled = 0;
        while (filled < into.size()) {
            const ssize_t count = ::pread(fd_.get(), into.data() + filled, into.size() - filled,
                                          static_cast<off_t>(offset + filled));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) fail(errno);
            if (count == 0) break;
            filled += static_cast<std::size_t>(count);
        }
        return filled;
    }

private:
    [[noreturn]] void fail(int error) const {
        throw std::system_error(error, std::generic_category(), "cannot send " + path_.string());
    }

    std::filesystem::path path_;
    detail::descriptor fd_;
    std::uint64_t size_ = 0;
};

class file_stream final : public detail::body_stream {
public:
    file_stream(const std::filesystem::path& path, std::uint64_t size) noexcept : path_(path), size_(size) {}

    std::optional<std::uint64_t> size() const noexcept override { return size_; }

    task<> write_to(body_writer& out) override {
        // Opened when its turn comes: of a hundred files in one body, one is open at a time.
        const auto open = [&] { return opened_file(path_); };
        const opened_file file = co_await to_thread(open);
        check(file.size());
        std::string now;
        std::string next;
        next.reserve(block_bytes + 1);
        co_await read_block(file, next, 0);
        for (std::uint64_t offset = 0; offset < size_;) {
            std::swap(now, next);
            offset += now.size();
            if (offset == size_) {
                co_await out.write(now);
            } else {
                co_await gather(out.write(now), read_block(file, next, offset));
            }
        }
    }

private:
    void check(std::uint64_t found) const {
        if (found != size_)
            throw body_fault(path_.string() + " had " + std::to_string(size_) +
                             " bytes when the request began, and is " +
                             (found > size_ ? "longer" : "shorter") + " now");
    }

    // The last block asks for a byte more: a file that has grown is found out before it is sent as a whole.
    task<> read_block(const opened_file& file, std::string& into, std::uint64_t offset) const {
        const std::uint64_t left = size_ - offset;
        const bool last = left <= block_bytes;
        const std::size_t wanted = last ? static_cast<std::size_t>(left) + 1 : block_bytes;
        into.resize(wanted);
        const auto read = [&] { return file.read(into, offset); };
        const std::size_t count = co_await to_thread(read);
        if (last || count < wanted) check(offset + count);
        into.resize(count);
    }

    const std::filesystem::path& path_;
    const std::uint64_t size_;
};

class file_origin final : public detail::body_origin {
public:
    explicit file_origin(const std::filesystem::path& path) : path_(path) {}

    task<std::unique_ptr<detail::body_stream>> open() override {
        const auto look_up = [&] { return opened_file(path_).size(); };
        const std::uint64_t size = co_await to_thread(look_up);
        co_return std::make_unique<file_stream>(path_, size);
    }
    bool can_replay() const noexcept override { return true; }

private:
    const std::filesystem::path path_;
};

}  // namespace

std::shared_ptr<detail::body_origin> make_file_origin(const std::filesystem::path& path) {
    return std::make_shared<file_origin>(path);
}

}  // namespace skein::client
