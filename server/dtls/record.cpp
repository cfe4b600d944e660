#include "dtls/record.hpp"

#include <algorithm>

namespace offhook::dtls {
namespace {

constexpr std::uint8_t kMajorVersion = 254;  // one's complement of 1
constexpr std::uint8_t kClientHello = 1;
constexpr std::uint8_t kHelloVerifyRequest = 3;
constexpr std::size_t kRandomBytes = 32;

std::size_t load_u24(const std::uint8_t* at) {
  return (std::size_t{at[0]} << 16) | (std::size_t{at[1]} << 8) | std::size_t{at[2]};
}

// Takes a field with its length in the byte before it.
std::optional<ByteView> take_short_vector(ByteView& bytes) {
  if (bytes.empty() || bytes.size() - 1 < bytes[0]) return std::nullopt;
  const ByteView field = bytes.subspan(1, bytes[0]);
  bytes = bytes.subspan(1 + field.size());
  return field;
}

std::optional<ClientHelloStart> parse_start(ByteView body) {
  constexpr std::size_t kVersionBytes = 2;
  if (body.size() < kVersionBytes + kRandomBytes) return std::nullopt;
  const ByteView random = body.subspan(kVersionBytes, kRandomBytes);
  ByteView rest = body.subspan(kVersionBytes + kRandomBytes);
  if (!take_short_vector(rest)) return std::nullopt;  // the session id
  const auto cookie = take_short_vector(rest);
  if (!cookie) return std::nullopt;
  return ClientHelloStart{.random = random, .cookie = *cookie};
}

}  // namespace

std::optional<Record> take_record(ByteView& datagram) {
  const ByteView bytes = datagram;
  if (bytes.size() < kRecordHeaderBytes || bytes[0] < 20 || bytes[0] > 23 ||
      bytes[1] != kMajorVersion) {
    return std::nullopt;
  }
  const std::size_t body = load_u16(&bytes[11]);
  if (bytes.size() - kRecordHeaderBytes < body) return std::nullopt;
  datagram = bytes.subspan(kRecordHeaderBytes + body);
  return Record{.type = ContentType{bytes[0]},
                .epoch = load_u16(&bytes[3]),
                .bytes = bytes.first(kRecordHeaderBytes + body)};
}

std::optional<HandshakeFragment> handshake_fragment(const Record& record) {
  const ByteView body = record.body();
  if (record.type != ContentType::Handshake || record.epoch != 0 ||
      body.size() < kHandshakeHeaderBytes) {
    return std::nullopt;
  }
  const ByteView rest = body.subspan(kHandshakeHeaderBytes);
  const std::size_t size = load_u24(&body[9]);
  if (size > rest.size()) return std::nullopt;
  const HandshakeFragment fragment{.message_type = body[0],
                                   .message_bytes = load_u24(&body[1]),
                                   .message_sequence = load_u16(&body[4]),
                                   .offset = load_u24(&body[6]),
                                   .body = rest.first(size)};
  if (fragment.offset + size > fragment.message_bytes) return std::nullopt;
  return fragment;
}

std::optional<ClientHello> find_client_hello(ByteView datagram) {
  const auto record = take_record(datagram);
  const auto fragment = record ? handshake_fragment(*record) : std::nullopt;
  if (!fragment || fragment->message_type != kClientHello) return std::nullopt;
  ClientHello hello{.record = record->bytes, .start = {}};
  if (fragment->offset == 0) hello.start = parse_start(fragment->body);
  return hello;
}

bool has_protected_handshake(ByteView datagram) {
  while (const auto record = take_record(datagram)) {
    if (record->type == ContentType::Handshake && record->epoch != 0) return true;
  }
  return false;
}

Bytes hello_verify_request(const ClientHello& hello, ByteView cookie) {
  const std::size_t body = 3 + cookie.size();
  Bytes bytes(kRecordHeaderBytes + kHandshakeHeaderBytes + 3);
  // 4.2.1: of version 1.0, whatever is agreed on later.
  bytes[0] = static_cast<std::uint8_t>(ContentType::Handshake);
  store_u16(&bytes[1], 0xFEFF);
  std::ranges::copy(hello.record.subspan(3, 8), &bytes[3]);  // epoch and sequence number
  store_u16(&bytes[11], static_cast<std::uint16_t>(kHandshakeHeaderBytes + body));
  std::uint8_t* handshake = &bytes[kRecordHeaderBytes];
  handshake[0] = kHelloVerifyRequest;
  store_u16(handshake + 2, static_cast<std::uint16_t>(body));
  store_u16(handshake + 10, static_cast<std::uint16_t>(body));
  store_u16(handshake + 12, 0xFEFF);
  handshake[14] = static_cast<std::uint8_t>(cookie.size());
  bytes.insert(bytes.end(), cookie.begin(), cookie.end());
  return bytes;
}

}  // namespace offhook::dtls
