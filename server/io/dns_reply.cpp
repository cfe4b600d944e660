#include "io/dns_reply.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include <ares.h>

#include "base/limits.hpp"
#include "base/text.hpp"

namespace offhook::io {
namespace {

constexpr std::uint16_t kInternet = 1;
constexpr std::uint16_t kA = 1;
constexpr std::uint16_t kCname = 5;
constexpr std::uint16_t kAaaa = 28;
constexpr std::uint16_t kSrv = 33;
constexpr std::uint16_t kNaptr = 35;

std::uint16_t wire_type_of(DnsType type) {
  switch (type) {
    case DnsType::A:
      return kA;
    case DnsType::Aaaa:
      return kAaaa;
    case DnsType::Srv:
      return kSrv;
    case DnsType::Naptr:
      return kNaptr;
  }
  return kA;
}

// Reads what is there, and nothing beyond: after the end of the bytes everything is nullopt.
class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}

  std::optional<ByteView> take(std::size_t size) {
    if (size > bytes_.size() - at_) return std::nullopt;
    at_ += size;
    return bytes_.subspan(at_ - size, size);
  }
  std::optional<std::uint16_t> u16() {
    const auto bytes = take(2);
    if (!bytes) return std::nullopt;
    return load_u16(bytes->data());
  }
  std::optional<std::uint32_t> u32() {
    const auto bytes = take(4);
    if (!bytes) return std::nullopt;
    return load_u32(bytes->data());
  }
  // A character-string (RFC 1035 3.3).
  std::optional<std::string> string() {
    const auto length = take(1);
    const auto text = length ? take((*length)[0]) : std::nullopt;
    if (!text) return std::nullopt;
    return std::string(as_text(*text));
  }
  // Lower case, without the final dot; "." for the root.
  std::optional<std::string> name() {
    char* text = nullptr;
    long length = 0;
    if (at_ >= bytes_.size() ||
        ares_expand_name(bytes_.data() + at_, bytes_.data(), static_cast<int>(bytes_.size()), &text,
                         &length) != ARES_SUCCESS) {
      return std::nullopt;
    }
    const std::unique_ptr<char, decltype(&ares_free_string)> owner(text, ares_free_string);
    at_ += static_cast<std::size_t>(length);
    const std::string name = to_lower(text);
    return name.empty() ? "." : name;
  }
  [[nodiscard]] std::size_t at() const { return at_; }
  void move_to(std::size_t at) { at_ = at; }

 private:
  ByteView bytes_;
  std::size_t at_ = 0;
};

// Letters, digits, "-", "_" and dots: what may be asked again or shown.
bool is_host_name(std::string_view name) {
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

struct Record {
  std::string owner;
  std::uint16_t type = 0;
  std::uint32_t ttl = 0;
  std::size_t data = 0;  // where it begins
  std::size_t size = 0;
};

std::optional<Record> read_record(Reader& reader) {
  auto owner = reader.name();
  const auto type = reader.u16();
  const auto record_class = reader.u16();
  const auto ttl = reader.u32();
  const auto size = reader.u16();
  const std::size_t data = reader.at();
  if (!owner || !type || !record_class || !ttl || !size || !reader.take(*size)) return std::nullopt;
  // RFC 2181 8: a TTL with its first bit set counts as zero.
  return Record{std::move(*owner), *record_class == kInternet ? *type : std::uint16_t{0},
                *ttl >> 31U == 0 ? *ttl : 0, data, *size};
}

std::optional<SrvRecord> read_srv(Reader& reader) {
  const auto priority = reader.u16();
  const auto weight = reader.u16();
  const auto port = reader.u16();
  auto target = reader.name();
  if (!priority || !weight || !port || !target || !is_host_name(*target)) return std::nullopt;
  return SrvRecord{*priority, *weight, *port, std::move(*target)};
}

std::optional<NaptrRecord> read_naptr(Reader& reader) {
  const auto order = reader.u16();
  const auto preference = reader.u16();
  auto flags = reader.string();
  auto service = reader.string();
  const auto expression = reader.string();
  auto replacement = reader.name();
  if (!order || !preference || !flags || !service || !expression || !replacement ||
      !expression->empty() || !is_host_name(*replacement)) {
    return std::nullopt;
  }
  return NaptrRecord{*order, *preference, std::move(*flags), std::move(*service),
                     std::move(*replacement)};
}

// False where the record is of no use.
bool add(DnsAnswer& answer, const Record& record, Reader reader) {
  reader.move_to(record.data);
  if (answer.addresses.size() + answer.srv.size() + answer.naptr.size() >= limits::kDnsRecords) {
    return false;
  }
  if (record.type == kA || record.type == kAaaa) {
    const auto address = IpAddress::from_bytes(reader.take(record.size).value_or(ByteView()));
    if (!address || address->is_v4() != (record.type == kA)) return false;
    answer.addresses.push_back(*address);
  } else if (record.type == kSrv) {
    auto srv = read_srv(reader);
    if (!srv || reader.at() != record.data + record.size) return false;
    answer.srv.push_back(std::move(*srv));
  } else {
    auto naptr = read_naptr(reader);
    if (!naptr || reader.at() != record.data + record.size) return false;
    answer.naptr.push_back(std::move(*naptr));
  }
  return true;
}

DnsAnswer malformed() {
  DnsAnswer answer;
  answer.reason = "the name server's reply is malformed";
  return answer;
}

}  // namespace

DnsAnswer parse_dns_reply(ByteView reply, DnsType type) {
  Reader reader(reply);
  const auto id_and_flags = reader.u32();
  const auto questions = reader.u16();
  const auto answers = reader.u16();
  const auto rest = reader.u32();
  auto wanted = reader.name();
  if (!id_and_flags || !rest || questions != 1 || !answers || !wanted || !reader.u32()) {
    return malformed();
  }
  DnsAnswer answer;
  std::chrono::seconds ttl = std::chrono::seconds::max();
  for (std::uint16_t i = 0; i < *answers; ++i) {
    const auto record = read_record(reader);
    if (!record) return malformed();
    if (record->owner != *wanted) continue;
    if (record->type == kCname) {
      Reader alias(reader);
      alias.move_to(record->data);
      wanted = alias.name();
      if (!wanted) return malformed();
    } else if (record->type != wire_type_of(type) || !add(answer, *record, reader)) {
      continue;
    }
    ttl = std::min(ttl, std::chrono::seconds(record->ttl));
  }
  const bool found = !answer.addresses.empty() || !answer.srv.empty() || !answer.naptr.empty();
  answer.outcome = found ? DnsAnswer::Outcome::Found : DnsAnswer::Outcome::NoSuchRecord;
  if (found) answer.ttl = ttl;
  return answer;
}

}  // namespace offhook::io
