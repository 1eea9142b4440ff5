// Owns bodies in memory and those that callables write.
#include <skein/body_source.hpp>

#include "client/request/file_body.hpp"
#include "client/request/upload.hpp"

#include <algorithm>
#include <stdexcept>

namespace skein {

body_writer::~body_writer() = default;

namespace detail {

body_stream::~body_stream() = default;
body_origin::~body_origin() = default;

// ---- what a callable writes

class written_origin::stream final : public body_stream {
public:
    explicit stream(written_origin& of) noexcept : of_(of) {}

    task<> write_to(body_writer& out) override {
        if (!of_.can_replay())
            throw std::logic_error("a body_source that can be sent once was sent a second time");
        of_.begun_ = true;
        return of_.call(out);
    }

private:
    written_origin& of_;
};

task<std::unique_ptr<body_stream>> written_origin::open() {
    co_return std::make_unique<stream>(*this);
}

}  // namespace detail

// ---- memory

namespace client {

namespace {

class memory_stream final : public detail::body_stream {
public:
    explicit memory_stream(std::string_view content) noexcept : content_(content) {}

    std::optional<std::uint64_t> size() const noexcept override { return content_.size(); }

    task<> write_to(body_writer& out) override {
        constexpr std::size_t piece_bytes = std::size_t{256} * 1024;  // for who watches the progress
        for (std::string_view rest = content_; !rest.empty();) {
            const std::string_view piece = rest.substr(0, piece_bytes);
            rest.remove_prefix(piece.size());
            co_await out.write(piece);
        }
    }

private:
    const std::string_view content_;
};

class memory_origin final : public detail::body_origin {
public:
    explicit memory_origin(std::shared_ptr<const std::string> content) noexcept
        : content_(std::move(content)) {}

    task<std::unique_ptr<detail::body_stream>> open() override {
        co_return std::make_unique<memory_stream>(*content_);
    }
    bool can_replay() const noexcept override { return true; }
    std::shared_ptr<const std::string> memory() const noexcept override { return content_; }

private:
    const std::shared_ptr<const std::string> content_;
};

}  // namespace

std::shared_ptr<detail::body_origin> make_memory_origin(std::shared_ptr<const std::string> content) {
    return std::make_shared<memory_origin>(std::move(content));
}

}  // namespace client

body_source::body_source(std::string content)
    : origin_(client::make_memory_origin(std::make_shared<const std::string>(std::move(content)))) {}

body_source::body_source(byte_view content) : body_source(std::string(as_text(content))) {}

body_source body_source::file(const std::filesystem::path& path) {
    return body_source(client::make_file_origin(path));
}

}  // namespace skein
