// What a request sends as its body, and where a body that is made on the way goes.
#pragma once

#include <skein/bytes.hpp>
#include <skein/detail/awaitable.hpp>
#include <skein/detail/config.hpp>
#include <skein/task.hpp>

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace skein {

/// Where the pieces of a body go, in their order. Given to the callable of a body_source.
///
/// *Lifetime:* until the task of that callable ends. *Thread:* the loop's.
class SKEIN_API body_writer {
public:
    body_writer(const body_writer&) = delete;
    body_writer& operator=(const body_writer&) = delete;

    /// Sends a piece, and waits until the system has taken it: so a body is made only as fast as it leaves. A
    /// piece is written as it is, so small ones are better put together to some KiB. One at a time.
    /// *Lifetime:* the piece stays valid until this returns. *Cancellation:* closes the connection. Also when
    /// the response has come already, and nobody wants the rest: let it through. *Throws:* disconnected_error
    /// if the connection is lost, which a response may still explain; std::logic_error for two at a time.
    task<> write(byte_view piece) { return write_bytes(piece); }
    task<> write(std::string_view text) { return write_bytes(as_bytes(text)); }

protected:
    body_writer() noexcept = default;
    virtual ~body_writer();

private:
    virtual task<> write_bytes(byte_view piece) = 0;
};

namespace detail {

/// A body that is ready to be sent, once.
class SKEIN_API body_stream {
public:
    body_stream() noexcept = default;
    body_stream(const body_stream&) = delete;
    body_stream& operator=(const body_stream&) = delete;
    virtual ~body_stream();

    /// Of the whole, in bytes, where it is known.
    virtual std::optional<std::uint64_t> size() const noexcept { return std::nullopt; }
    virtual task<> write_to(body_writer& out) = 0;
};

/// What bodies are made of.
class SKEIN_API body_origin {
public:
    body_origin() noexcept = default;
    body_origin(const body_origin&) = delete;
    body_origin& operator=(const body_origin&) = delete;
    virtual ~body_origin();

    /// Gets the body ready, from its beginning. It keeps a reference to the origin.
    virtual task<std::unique_ptr<body_stream>> open() = 0;
    /// Whether open() may give the body another time.
    virtual bool can_replay() const noexcept = 0;
    /// Where all of it is in memory: that. Else null.
    virtual std::shared_ptr<const std::string> memory() const noexcept { return nullptr; }
};

/// A body that a callable writes.
class SKEIN_API written_origin : public body_origin {
public:
    explicit written_origin(bool replayable) noexcept : replayable_(replayable) {}
    task<std::unique_ptr<body_stream>> open() final;
    bool can_replay() const noexcept final { return replayable_ || !begun_; }

private:
    class stream;
    virtual task<> call(body_writer& out) = 0;

    const bool replayable_;
    bool begun_ = false;
};

template <class Fn>
class written_origin_of final : public written_origin {
public:
    written_origin_of(Fn fn, bool replayable) : written_origin(replayable), fn_(std::move(fn)) {}

private:
    task<> call(body_writer& out) override { return to_task(fn_(out)); }
    Fn fn_;
};

/// Calls with the writer and awaits.
template <class Fn, class... Args>
concept writes_body = async_callable<Fn, body_writer&, Args&...>;

/// A piece of a body, or nothing at its end.
template <class T>
concept optional_piece = requires(T& piece, body_writer& out) {
    static_cast<bool>(piece);
    out.write(*piece);
};
template <class Fn, class... Args>
concept gives_ready_pieces =
    std::invocable<Fn&, Args&...> && optional_piece<std::remove_cvref_t<std::invoke_result_t<Fn&, Args&...>>>;
template <class Fn, class... Args>
concept gives_pieces = async_callable<Fn, Args&...> && optional_piece<async_result_t<Fn, Args&...>>;

template <class Fn, class... Args>
task<> write_pieces(body_writer& out, Fn& fn, Args&... args) {
    for (;;) {
        if constexpr (gives_pieces<Fn, Args...>) {
            auto piece = co_await std::invoke(fn, args...);
            if (!piece) break;
            co_await out.write(*piece);
        } else {
            auto piece = std::invoke(fn, args...);
            if (!piece) break;
            co_await out.write(*piece);
        }
    }
}

template <class Fn, class... Args>
std::shared_ptr<body_origin> make_written_origin(bool replayable, Fn fn, Args... args) {
    auto call = [fn = std::move(fn), ... args = std::move(args)](body_writer& out) mutable {
        if constexpr (writes_body<Fn, Args...>)
            return std::invoke(fn, out, args...);
        else
            return write_pieces(out, fn, args...);
    };
    return std::make_shared<written_origin_of<decltype(call)>>(std::move(call), replayable);
}

}  // namespace detail

/// Something that can be called, with these arguments, for the content of a body: see body_source.
template <class Fn, class... Args>
concept body_callable = detail::writes_body<Fn, Args...> || detail::gives_pieces<Fn, Args...> ||
    detail::gives_ready_pieces<Fn, Args...>;

/// What is sent as a body: bytes, a file, or what a callable makes while it is sent. A handle: copies stand
/// for the same.
///
/// A callable either writes,
///
///     auto rows = [&](skein::body_writer& out) -> skein::task<> {
///         for (const auto& row : table) co_await out.write(to_csv(row));
///     };
///     auto response = co_await session.post(url).body(rows);
///
/// or is called for one piece after the other, until it gives none:
///
///     auto pieces = [&] { return download.chunk(); };
///     auto response = co_await session.put(url).body(pieces, download.content_length());
///
/// A piece is a byte_view, or text or bytes that own themselves, in a std::optional; awaited or not. It
/// stays valid until the next call. The callable runs in a task of its own, which has ended when the request
/// has its response or its error. *Cancellation:* of the request, or when a response comes that wants no more
/// of the body: cancels that task. *Throws:* what the callable throws ends the request and comes out of it;
/// the connection is closed, so that no server takes the piece for the whole.
class SKEIN_API body_source {
public:
    /// Bytes in memory.
    body_source(std::string content);
    explicit body_source(byte_view content);

    /// What `fn(out, args...)` writes, or the pieces that `fn(args...)` gives. It can be sent once: where it
    /// would be asked for again (a redirect with 307 or 308, a retry), the request fails. Callable and
    /// arguments are kept.
    template <class Fn, class... Args>
    requires body_callable<Fn, Args...> body_source(Fn fn, Args... args)
        : origin_(detail::make_written_origin(false, std::move(fn), std::move(args)...)) {}

    /// The same for a callable that can be called for the same content another time.
    template <class Fn, class... Args>
    requires detail::writes_body<Fn, Args...>
    static body_source replayable(Fn fn, Args... args) {
        return body_source(detail::make_written_origin(true, std::move(fn), std::move(args)...));
    }

    /// A file. It is looked up when the request is sent; its size is announced then, and it must keep that.
    /// It is read off the loop's thread. Awaiting the request *throws* std::system_error if it cannot be
    /// read or is no plain file, payload_error if its size changes.
    static body_source file(const std::filesystem::path& path);

    /// Whether the same body can be sent (again).
    bool can_replay() const noexcept { return origin_->can_replay(); }

    /// For the library.
    explicit body_source(std::shared_ptr<detail::body_origin> origin) noexcept : origin_(std::move(origin)) {}
    const std::shared_ptr<detail::body_origin>& origin() const noexcept { return origin_; }

private:
    std::shared_ptr<detail::body_origin> origin_;
};

}  // namespace skein
