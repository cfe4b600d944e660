#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

// As much of DTLS records (RFC 6347 4.1) as tells what may come near OpenSSL's state.
namespace offhook::dtls {

enum class ContentType : std::uint8_t {
  ChangeCipherSpec = 20,
  Alert = 21,
  Handshake = 22,
  ApplicationData = 23,
};

inline constexpr std::size_t kRecordHeaderBytes = 13;
inline constexpr std::size_t kHandshakeHeaderBytes = 12;

// A record of a datagram. What has epoch 0 is not protected: anybody may have written it.
struct Record {
  ContentType type{};
  std::uint16_t epoch = 0;
  ByteView bytes;  // with its header
  [[nodiscard]] ByteView body() const { return bytes.subspan(kRecordHeaderBytes); }
};

// Takes the first record off `datagram`; nullopt at its end, or where no DTLS 1.x record stands.
[[nodiscard]] std::optional<Record> take_record(ByteView& datagram);

// A handshake message or a fragment of one, whose header has not been encrypted (RFC 6347 4.2.2).
struct HandshakeFragment {
  std::uint8_t message_type = 0;
  std::size_t message_bytes = 0;
  std::uint16_t message_sequence = 0;
  std::size_t offset = 0;
  ByteView body;
};
// Of a record with epoch 0; where it holds several, the first.
[[nodiscard]] std::optional<HandshakeFragment> handshake_fragment(const Record& record);

// What the start of a ClientHello tells (RFC 6347 4.2.1), valid as long as the datagram.
struct ClientHelloStart {
  ByteView random;
  ByteView cookie;
};
struct ClientHello {
  ByteView record;                        // the first of the datagram
  std::optional<ClientHelloStart> start;  // in the fragment with offset 0
};
// nullopt unless the datagram begins with a ClientHello or a fragment of one.
[[nodiscard]] std::optional<ClientHello> find_client_hello(ByteView datagram);

// Whether a record holds handshake messages that are encrypted: of a peer that has keys, the last
// flight of its handshake.
[[nodiscard]] bool has_protected_handshake(ByteView datagram);

// The answer to a ClientHello that has not the right cookie: a HelloVerifyRequest (RFC 6347 4.2.1)
// with the record number of the hello, shorter than any hello.
[[nodiscard]] Bytes hello_verify_request(const ClientHello& hello, ByteView cookie);

}  // namespace offhook::dtls
