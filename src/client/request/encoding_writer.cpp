// Owns the compressing of bodies that are in memory.
#include "client/request/encoding_writer.hpp"

#include <skein/bytes.hpp>

namespace skein::client {

std::string encode_all(content_coding coding, byte_view content) {
    const auto encoder = http::make_encoder(coding);
    std::vector<std::byte> buffer(std::size_t{16} * 1024);
    http::byte_room room(buffer);
    std::string out;
    const auto pass_on = [&] {
        out += as_text(byte_view(buffer).first(buffer.size() - room.size()));
        room = buffer;
    };
    while (!content.empty()) {
        encoder->encode(content, room);
        if (room.empty()) pass_on();
    }
    while (!encoder->finish(room)) pass_on();
    pass_on();
    return out;
}

}  // namespace skein::client
