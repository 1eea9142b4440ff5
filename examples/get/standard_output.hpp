// Standard output, written to in other threads, so that a reader who is slow holds nothing else up.
#pragma once

#include <skein/bytes.hpp>
#include <skein/task.hpp>

#include <string>
#include <system_error>

namespace get {

/// It cannot be written to; with the system's code. Ends the run: nobody has more to say there.
class output_error : public std::system_error {
public:
    using std::system_error::system_error;
};

/// Writes all of it, and waits until it is written. One at a time. *Lifetime:* the bytes, until it returns.
/// *Cancellation:* after the write. *Throws:* output_error.
skein::task<> write_output(skein::byte_view bytes);

/// Texts by many tasks, each of them whole.
class text_writer {
public:
    /// *Throws:* output_error, at this or a later text.
    skein::task<> add(std::string text);

private:
    std::string waiting_;
    bool writing_ = false;
};

}  // namespace get
