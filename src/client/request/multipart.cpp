// Owns how parts become one body: what is in memory is put together, the rest passes through.
#include <skein/multipart.hpp>

#include "client/request/counted_writer.hpp"
#include "http/field_grammar.hpp"
#include "http/multipart_framing.hpp"
#include "loop/random.hpp"

#include <array>
#include <stdexcept>

namespace skein {

namespace {

// Contents up to this size are copied between the heads of parts, instead of being written on their own.
constexpr std::size_t small_bytes = std::size_t{16} * 1024;
constexpr std::size_t together_bytes = std::size_t{64} * 1024;

constexpr std::string_view file_type = "application/octet-stream";

}  // namespace

// ---- one sending of it

class multipart::stream final : public detail::body_stream {
public:
    explicit stream(const origin& of) : of_(of) {}

    task<> open_parts();
    std::optional<std::uint64_t> size() const noexcept override { return size_; }
    task<> write_to(body_writer& out) override;

private:
    struct opened {
        std::unique_ptr<detail::body_stream> content;  // null: in memory
        std::optional<std::uint64_t> size;
    };

    const origin& of_;
    std::vector<opened> contents_;
    std::optional<std::uint64_t> size_ = 0;
};

class multipart::origin final : public detail::body_origin {
public:
    origin(std::vector<part> parts, std::string boundary)
        : parts_(std::move(parts)), boundary_(std::move(boundary)) {}

    task<std::unique_ptr<detail::body_stream>> open() override {
        auto opened = std::make_unique<stream>(*this);
        co_await opened->open_parts();
        co_return opened;
    }
    bool can_replay() const noexcept override {
        for (const part& one : parts_)
            if (!one.content_.can_replay()) return false;
        return true;
    }

    const std::vector<part>& parts() const noexcept { return parts_; }
    std::string_view boundary() const noexcept { return boundary_; }
    std::string head_of(const part& one) const {
        std::string out;
        http::part_head head;
        head.name = one.name_;
        head.filename = one.filename_;
        head.content_type = one.content_type_;
        head.fields = &one.fields_;
        http::append_part_head(out, boundary_, head);
        return out;
    }
    std::string end() const {
        std::string out;
        http::append_multipart_end(out, boundary_);
        return out;
    }

private:
    const std::vector<part> parts_;
    const std::string boundary_;
};

task<> multipart::stream::open_parts() {
    for (const part& one : of_.parts()) {
        auto content = co_await one.content_.origin()->open();
        const auto known = content->size();
        const auto size = one.size_ ? one.size_ : known;
        if (known && *size != *known)
            throw client::body_fault("part \"" + http::escaped(one.name_, 64) + "\" was announced with " +
                                     std::to_string(*size) + " bytes and has " + std::to_string(*known));
        if (size_ && size)
            *size_ += of_.head_of(one).size() + *size + http::part_tail.size();
        else
            size_.reset();
        contents_.push_back({std::move(content), size});
    }
    if (size_) *size_ += of_.end().size();
}

task<> multipart::stream::write_to(body_writer& out) {
    std::string together;
    for (std::size_t i = 0; i < contents_.size(); ++i) {
        const part& one = of_.parts()[i];
        together += of_.head_of(one);
        const auto memory = one.content_.origin()->memory();
        if (memory && memory->size() <= small_bytes) {
            together += *memory;
        } else {
            co_await out.write(together);
            together.clear();
            client::counted_writer counted(out, contents_[i].size,
                                           "part \"" + http::escaped(one.name_, 64) + "\"");
            co_await contents_[i].content->write_to(counted);
            counted.finish();
        }
        together += http::part_tail;
        if (together.size() >= together_bytes) {
            co_await out.write(together);
            together.clear();
        }
    }
    together += of_.end();
    co_await out.write(together);
}

// ---- parts

multipart::part::part(std::string_view name, std::string content)
    : part(name, body_source(std::move(content))) {}

multipart::part::part(std::string_view name, body_source content, std::optional<std::uint64_t> size)
    : name_(name), content_(std::move(content)), size_(size) {
    http::require_part_text(name_, "the name of a part");
}

multipart::part& multipart::part::filename(std::string_view name) & {
    http::require_part_text(name, "a file name");
    filename_.emplace(name);
    return *this;
}

multipart::part& multipart::part::content_type(std::string_view type) & {
    headers checked;
    checked.append("Content-Type", type);
    content_type_ = *checked.get("Content-Type");
    return *this;
}

multipart::part& multipart::part::header(std::string_view name, std::string_view value) & {
    for (const std::string_view own :
         {"Content-Disposition", "Content-Type", "Content-Length", "Transfer-Encoding"})
        if (http::equals_ignoring_case(name, own))
            throw std::invalid_argument("multipart: this header of a part cannot be set: " +
                                        std::string(own));
    fields_.append(name, value);
    return *this;
}

// ---- the whole

multipart& multipart::text(std::string_view name, std::string_view value) & {
    return add(part(name, std::string(value)));
}

multipart& multipart::bytes(std::string_view name, byte_view content, std::string_view filename) & {
    return add(part(name, body_source(content)).filename(filename).content_type(file_type));
}

multipart& multipart::file(std::string_view name, const std::filesystem::path& path) & {
    return add(
        part(name, body_source::file(path)).filename(path.filename().string()).content_type(file_type));
}

multipart& multipart::add(part one) & {
    parts_.push_back(std::move(one));
    return *this;
}

multipart& multipart::boundary(std::string_view text) & {
    http::require_boundary(text);
    boundary_ = text;
    return *this;
}

std::pair<body_source, std::string> multipart::to_body() const {
    std::string boundary = boundary_;
    if (boundary.empty()) {
        std::array<std::byte, 16> chance{};
        loop::fill_random(chance);
        boundary = http::make_boundary(chance);
    }
    std::string type = http::multipart_content_type(boundary);
    return {body_source(std::make_shared<origin>(parts_, std::move(boundary))), std::move(type)};
}

}  // namespace skein
