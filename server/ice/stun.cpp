#include "ice/stun.hpp"

#include <algorithm>
#include <cstring>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/limits.hpp"
#include "ice/crc32.hpp"

namespace offhook::ice {

namespace {

constexpr std::uint32_t kMagicCookie = 0x2112A442;
constexpr std::uint32_t kFingerprintXor = 0x5354554E;  // RFC 8489 14.7
constexpr std::size_t kAttributeHeaderBytes = 4;
constexpr std::size_t kIntegrityBytes = 20;
constexpr std::size_t kFingerprintBytes = 4;

using Digest = std::array<std::uint8_t, kIntegrityBytes>;

constexpr std::size_t padded(std::size_t bytes) { return (bytes + 3) & ~std::size_t{3}; }

// RFC 8489 5: the two class bits stand between the method's bits.
constexpr std::uint16_t message_type(StunClass message_class, std::uint16_t method) {
  const unsigned c = static_cast<unsigned>(message_class);
  const unsigned m = method;
  return static_cast<std::uint16_t>((m & 0x00F) | ((m & 0x070) << 1) | ((m & 0xF80) << 2) |
                                    ((c & 1) << 4) | ((c & 2) << 7));
}

// The size that a fixed-size attribute must have.
std::optional<std::size_t> fixed_size(std::uint16_t type) {
  switch (type) {
    case attribute::kMessageIntegrity:
      return kIntegrityBytes;
    case attribute::kFingerprint:
    case attribute::kPriority:
      return 4;
    case attribute::kUseCandidate:
      return 0;
    case attribute::kIceControlled:
    case attribute::kIceControlling:
      return 8;
    default:
      return std::nullopt;
  }
}

bool is_known(std::uint16_t type) {
  switch (type) {
    case attribute::kUsername:
    case attribute::kMessageIntegrity:
    case attribute::kErrorCode:
    case attribute::kUnknownAttributes:
    case attribute::kRealm:
    case attribute::kNonce:
    case attribute::kXorMappedAddress:
    case attribute::kPriority:
    case attribute::kUseCandidate:
      return true;
    default:
      return false;
  }
}

// The CRC over everything before the FINGERPRINT attribute, whose length field counts it already
// (RFC 8489 14.7).
std::uint32_t fingerprint_of(ByteView before) { return crc32(before) ^ kFingerprintXor; }

// HMAC-SHA1 over the message before MESSAGE-INTEGRITY, with a length field that counts this
// attribute and nothing after it (RFC 8489 14.5). The header is hashed from a copy, because the
// view is not ours to change.
std::optional<Digest> integrity_of(ByteView before, ByteView key) {
  std::array<std::uint8_t, limits::kMediaDatagramBytes> copy;
  if (before.size() > copy.size()) return std::nullopt;
  std::ranges::copy(before, copy.begin());
  store_u16(copy.data() + 2, static_cast<std::uint16_t>(before.size() - kStunHeaderBytes +
                                                        kAttributeHeaderBytes + kIntegrityBytes));
  Digest digest;
  unsigned int size = 0;
  // An empty key would make OpenSSL reuse a former one: a null pointer means that to HMAC().
  static constexpr std::uint8_t kNoKey = 0;
  const auto* key_data = key.empty() ? &kNoKey : key.data();
  if (HMAC(EVP_sha1(), key_data, static_cast<int>(key.size()), copy.data(), before.size(),
           digest.data(), &size) == nullptr) {
    return std::nullopt;
  }
  return digest;
}

// XORs an address with the magic cookie and the transaction id, which follow each other in the
// header (RFC 8489 14.2). It is its own inverse.
void xor_address(MutableByteView address, ByteView header) {
  for (std::size_t i = 0; i < address.size(); ++i) {
    address[i] = static_cast<std::uint8_t>(address[i] ^ header[4 + i]);
  }
}

}  // namespace

std::expected<StunMessage, StunError> StunMessage::parse(ByteView datagram) {
  if (datagram.size() < kStunHeaderBytes || !looks_like_stun(datagram) ||
      load_u32(datagram.data() + 4) != kMagicCookie) {
    return std::unexpected(StunError::NotStun);
  }
  const std::size_t length = load_u16(datagram.data() + 2);
  if (length % 4 != 0 || kStunHeaderBytes + length != datagram.size()) {
    return std::unexpected(StunError::WrongLength);
  }

  StunMessage message(datagram);
  message.attributes_end_ = datagram.size();
  for (std::size_t at = kStunHeaderBytes; at < datagram.size();) {
    if (datagram.size() - at < kAttributeHeaderBytes) {
      return std::unexpected(StunError::BrokenAttribute);
    }
    const std::uint16_t type = load_u16(datagram.data() + at);
    const std::size_t size = load_u16(datagram.data() + at + 2);
    const auto wanted = fixed_size(type);
    if (padded(size) > datagram.size() - at - kAttributeHeaderBytes ||
        (wanted && size != *wanted)) {
      return std::unexpected(StunError::BrokenAttribute);
    }
    const std::size_t next = at + kAttributeHeaderBytes + padded(size);
    if (type == attribute::kMessageIntegrity && !message.integrity_at_) {
      message.integrity_at_ = at;
      message.attributes_end_ = next;
    }
    if (type == attribute::kFingerprint) {
      // It is the last attribute (RFC 8489 14.7).
      if (next != datagram.size()) return std::unexpected(StunError::BrokenAttribute);
      const std::uint32_t said = load_u32(datagram.data() + at + kAttributeHeaderBytes);
      if (said != fingerprint_of(datagram.first(at))) {
        return std::unexpected(StunError::WrongFingerprint);
      }
      message.has_fingerprint_ = true;
      message.attributes_end_ = std::min(message.attributes_end_, at);
    }
    at = next;
  }
  return message;
}

StunClass StunMessage::message_class() const {
  const unsigned type = load_u16(bytes_.data());
  return static_cast<StunClass>(((type >> 4) & 1) | ((type >> 7) & 2));
}

std::uint16_t StunMessage::method() const {
  const unsigned type = load_u16(bytes_.data());
  return static_cast<std::uint16_t>((type & 0x00F) | ((type >> 1) & 0x070) | ((type >> 2) & 0xF80));
}

TransactionId StunMessage::transaction_id() const {
  TransactionId id;
  std::ranges::copy(bytes_.subspan(8, id.size()), id.begin());
  return id;
}

std::optional<ByteView> StunMessage::find(std::uint16_t type) const {
  for (std::size_t at = kStunHeaderBytes; at < attributes_end_;) {
    const std::size_t size = load_u16(bytes_.data() + at + 2);
    if (load_u16(bytes_.data() + at) == type) {
      return bytes_.subspan(at + kAttributeHeaderBytes, size);
    }
    at += kAttributeHeaderBytes + padded(size);
  }
  return std::nullopt;
}

std::optional<std::string_view> StunMessage::username() const {
  const auto value = find(attribute::kUsername);
  if (!value) return std::nullopt;
  return as_text(*value);
}

std::optional<std::string_view> StunMessage::target_ufrag() const {
  const auto name = username();
  if (!name) return std::nullopt;
  const std::size_t colon = name->find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  return name->substr(0, colon);
}

std::optional<std::uint32_t> StunMessage::priority() const {
  const auto value = find(attribute::kPriority);
  if (!value) return std::nullopt;
  return load_u32(value->data());
}

std::optional<Endpoint> StunMessage::xor_mapped_address() const {
  const auto value = find(attribute::kXorMappedAddress);
  if (!value || value->size() < 4) return std::nullopt;
  const std::size_t address_bytes = value->size() - 4;
  const std::uint8_t family = (*value)[1];
  if (!(family == 1 && address_bytes == 4) && !(family == 2 && address_bytes == 16)) {
    return std::nullopt;
  }
  std::array<std::uint8_t, 16> address{};
  const MutableByteView plain = MutableByteView(address).first(address_bytes);
  std::ranges::copy(value->subspan(4), plain.begin());
  xor_address(plain, bytes_);
  const auto port = static_cast<std::uint16_t>(load_u16(value->data() + 2) ^ (kMagicCookie >> 16));
  return Endpoint{.address = *IpAddress::from_bytes(plain), .port = port};
}

std::optional<int> StunMessage::error_code() const {
  const auto value = find(attribute::kErrorCode);
  if (!value || value->size() < 4) return std::nullopt;
  const int hundreds = (*value)[2] & 0x07;
  const int rest = (*value)[3];
  if (hundreds < 3 || hundreds > 6 || rest > 99) return std::nullopt;
  return hundreds * 100 + rest;
}

std::size_t StunMessage::unknown_required(std::span<std::uint16_t> out) const {
  std::size_t count = 0;
  for (std::size_t at = kStunHeaderBytes; at < attributes_end_ && count < out.size();) {
    const std::uint16_t type = load_u16(bytes_.data() + at);
    if (type < 0x8000 && !is_known(type)) out[count++] = type;
    at += kAttributeHeaderBytes + padded(load_u16(bytes_.data() + at + 2));
  }
  return count;
}

bool StunMessage::has_valid_integrity(ByteView key) const {
  if (!integrity_at_) return false;
  const auto expected = integrity_of(bytes_.first(*integrity_at_), key);
  return expected &&
         CRYPTO_memcmp(expected->data(), bytes_.data() + *integrity_at_ + kAttributeHeaderBytes,
                       expected->size()) == 0;
}

StunBuilder::StunBuilder(MutableByteView buffer, StunClass message_class, std::uint16_t method,
                         const TransactionId& id)
    : buffer_(buffer), overflow_(buffer.size() < kStunHeaderBytes) {
  if (overflow_) return;
  store_u16(buffer_.data(), message_type(message_class, method));
  store_u32(buffer_.data() + 4, kMagicCookie);
  std::ranges::copy(id, buffer_.begin() + 8);
  size_ = kStunHeaderBytes;
}

std::uint8_t* StunBuilder::append(std::uint16_t type, std::size_t bytes) {
  const std::size_t needed = kAttributeHeaderBytes + padded(bytes);
  if (overflow_ || needed > buffer_.size() - size_) {
    overflow_ = true;
    return nullptr;
  }
  std::uint8_t* at = buffer_.data() + size_;
  std::memset(at, 0, needed);
  store_u16(at, type);
  store_u16(at + 2, static_cast<std::uint16_t>(bytes));
  size_ += needed;
  return at + kAttributeHeaderBytes;
}

StunBuilder& StunBuilder::add(std::uint16_t type, ByteView value) {
  std::uint8_t* at = append(type, value.size());
  if (at != nullptr) std::ranges::copy(value, at);
  return *this;
}

StunBuilder& StunBuilder::add_u32(std::uint16_t type, std::uint32_t value) {
  std::array<std::uint8_t, 4> bytes;
  store_u32(bytes.data(), value);
  return add(type, bytes);
}

StunBuilder& StunBuilder::add_u64(std::uint16_t type, std::uint64_t value) {
  std::array<std::uint8_t, 8> bytes;
  store_u32(bytes.data(), static_cast<std::uint32_t>(value >> 32));
  store_u32(bytes.data() + 4, static_cast<std::uint32_t>(value));
  return add(type, bytes);
}

StunBuilder& StunBuilder::add_xor_mapped_address(const Endpoint& endpoint) {
  const ByteView address = endpoint.address.bytes();
  std::uint8_t* at = append(attribute::kXorMappedAddress, 4 + address.size());
  if (at == nullptr) return *this;
  at[1] = endpoint.address.is_v4() ? 1 : 2;
  store_u16(at + 2, static_cast<std::uint16_t>(endpoint.port ^ (kMagicCookie >> 16)));
  std::ranges::copy(address, at + 4);
  xor_address({at + 4, address.size()}, buffer_);
  return *this;
}

StunBuilder& StunBuilder::add_error_code(int code, std::string_view reason) {
  std::uint8_t* at = append(attribute::kErrorCode, 4 + reason.size());
  if (at == nullptr) return *this;
  at[2] = static_cast<std::uint8_t>(code / 100);
  at[3] = static_cast<std::uint8_t>(code % 100);
  std::ranges::copy(as_bytes(reason), at + 4);
  return *this;
}

void StunBuilder::set_length(std::size_t bytes_after_header) {
  store_u16(buffer_.data() + 2, static_cast<std::uint16_t>(bytes_after_header));
}

ByteView StunBuilder::finish(ByteView key) {
  const std::size_t before = size_;
  std::uint8_t* at = append(attribute::kMessageIntegrity, kIntegrityBytes);
  if (at == nullptr) return {};
  const auto digest = integrity_of(buffer_.first(before), key);
  if (!digest) return {};
  std::ranges::copy(*digest, at);
  return finish_without_integrity();
}

ByteView StunBuilder::finish_without_integrity() {
  const std::size_t before = size_;
  std::uint8_t* at = append(attribute::kFingerprint, kFingerprintBytes);
  if (at == nullptr) return {};
  set_length(size_ - kStunHeaderBytes);
  store_u32(at, fingerprint_of(buffer_.first(before)));
  return buffer_.first(size_);
}

}  // namespace offhook::ice
