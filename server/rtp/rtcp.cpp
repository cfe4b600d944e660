#include "rtp/rtcp.hpp"

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"

namespace offhook::rtp {
namespace {

constexpr std::uint8_t kSenderReport = 200;
constexpr std::uint8_t kReceiverReport = 201;
constexpr std::uint8_t kSourceDescription = 202;
constexpr std::uint8_t kBye = 203;
constexpr std::uint8_t kCnameItem = 1;

constexpr std::size_t kHeaderAndSsrcBytes = 8;
constexpr std::size_t kSenderInformationBytes = 20;
constexpr std::size_t kBlockBytes = 24;
constexpr std::size_t kMaxCnameBytes = 255;

struct Packet {
  std::uint8_t type;
  std::uint8_t count;
  ByteView body;  // behind the 4 bytes of header, without padding
};

// Takes one packet off the front (RFC 3550 6.4.1, A.2).
std::optional<Packet> take_packet(ByteView& rest) {
  if (rest.size() < 4 || rest[0] >> 6 != 2) return std::nullopt;
  const std::size_t size = 4 * (std::size_t{load_u16(&rest[2])} + 1);
  if (size > rest.size()) return std::nullopt;
  Packet packet{.type = rest[1],
                .count = static_cast<std::uint8_t>(rest[0] & 0x1F),
                .body = rest.subspan(4, size - 4)};
  const bool is_last = size == rest.size();
  if (rest[0] & 0x20) {
    const std::size_t padding = rest[size - 1];
    if (!is_last || padding == 0 || padding % 4 != 0 || padding > packet.body.size()) {
      return std::nullopt;
    }
    packet.body = packet.body.first(packet.body.size() - padding);
  }
  rest = rest.subspan(size);
  return packet;
}

std::int32_t load_signed_24(const std::uint8_t* at) {
  const std::uint32_t shifted = load_u32(at) << 8;  // `at` is the byte before the three
  return static_cast<std::int32_t>(shifted) >> 8;
}

ReportBlock load_block(const std::uint8_t* at) {
  return {.ssrc = load_u32(at),
          .fraction_lost = at[4],
          .cumulative_lost = load_signed_24(at + 4),
          .highest_sequence = load_u32(at + 8),
          .jitter = load_u32(at + 12),
          .last_sender_report = load_u32(at + 16),
          .delay_since_last_sender_report = load_u32(at + 20)};
}

bool read_report(const Packet& packet, Report& report) {
  const bool is_sender = packet.type == kSenderReport;
  const std::size_t blocks_at = 4 + (is_sender ? kSenderInformationBytes : 0);
  if (packet.body.size() < blocks_at + packet.count * kBlockBytes) return false;
  const std::uint8_t* at = packet.body.data();
  report.sender_ssrc = load_u32(at);
  if (is_sender) {
    report.sender = {.ntp_time = (std::uint64_t{load_u32(at + 4)} << 32) | load_u32(at + 8),
                     .rtp_timestamp = load_u32(at + 12),
                     .packets = load_u32(at + 16),
                     .octets = load_u32(at + 20)};
  }
  for (std::size_t i = 0; i < packet.count && report.block_count < Report::kMaxBlocks; ++i) {
    report.add(load_block(at + blocks_at + i * kBlockBytes));
  }
  return true;
}

// The CNAME of the first chunk (RFC 3550 6.5); false where an item runs over the end.
bool read_source_description(const Packet& packet, Report& report) {
  if (packet.count == 0) return true;
  if (packet.body.size() < 4) return false;
  ByteView items = packet.body.subspan(4);
  while (!items.empty() && items[0] != 0) {
    if (items.size() < 2 || items.size() < std::size_t{2} + items[1]) return false;
    if (items[0] == kCnameItem) report.cname = as_text(items.subspan(2, items[1]));
    items = items.subspan(std::size_t{2} + items[1]);
  }
  return true;
}

// Appends to a buffer that was checked to be large enough.
class Writer {
 public:
  explicit Writer(MutableByteView out) : out_(out) {}
  void u8(std::uint8_t value) { out_[size_++] = value; }
  void u32(std::uint32_t value) {
    store_u32(&out_[size_], value);
    size_ += 4;
  }
  void header(std::uint8_t count, std::uint8_t type, std::size_t bytes) {
    u8(static_cast<std::uint8_t>(0x80 | count));
    u8(type);
    store_u16(&out_[size_], static_cast<std::uint16_t>(bytes / 4 - 1));
    size_ += 2;
  }
  void text(std::string_view text) {
    std::memcpy(&out_[size_], text.data(), text.size());
    size_ += text.size();
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  MutableByteView out_;
  std::size_t size_ = 0;
};

void write_block(const ReportBlock& block, Writer& writer) {
  const std::int32_t lost = std::clamp(block.cumulative_lost, -0x800000, 0x7FFFFF);
  writer.u32(block.ssrc);
  writer.u32((std::uint32_t{block.fraction_lost} << 24) |
             (static_cast<std::uint32_t>(lost) & 0xFFFFFF));
  writer.u32(block.highest_sequence);
  writer.u32(block.jitter);
  writer.u32(block.last_sender_report);
  writer.u32(block.delay_since_last_sender_report);
}

std::size_t report_bytes(const Report& report) {
  return kHeaderAndSsrcBytes + (report.sender ? kSenderInformationBytes : 0) +
         report.block_count * kBlockBytes;
}

// One chunk: SSRC, the item, and one to four zeros up to the next word.
std::size_t source_description_bytes(std::string_view cname) {
  return cname.empty() ? 0 : kHeaderAndSsrcBytes + (2 + cname.size()) / 4 * 4 + 4;
}

void write_report(const Report& report, Writer& writer) {
  writer.header(static_cast<std::uint8_t>(report.block_count),
                report.sender ? kSenderReport : kReceiverReport, report_bytes(report));
  writer.u32(report.sender_ssrc);
  if (report.sender) {
    writer.u32(static_cast<std::uint32_t>(report.sender->ntp_time >> 32));
    writer.u32(static_cast<std::uint32_t>(report.sender->ntp_time));
    writer.u32(report.sender->rtp_timestamp);
    writer.u32(report.sender->packets);
    writer.u32(report.sender->octets);
  }
  for (std::size_t i = 0; i < report.block_count; ++i) write_block(report.blocks[i], writer);
}

void write_source_description(std::uint32_t ssrc, std::string_view cname, Writer& writer) {
  const std::size_t end = writer.size() + source_description_bytes(cname);
  writer.header(1, kSourceDescription, source_description_bytes(cname));
  writer.u32(ssrc);
  writer.u8(kCnameItem);
  writer.u8(static_cast<std::uint8_t>(cname.size()));
  writer.text(cname);
  while (writer.size() < end) writer.u8(0);
}

}  // namespace

const ReportBlock* Report::block_for(std::uint32_t ssrc) const {
  for (std::size_t i = 0; i < block_count; ++i) {
    if (blocks[i].ssrc == ssrc) return &blocks[i];
  }
  return nullptr;
}

void Report::add(const ReportBlock& block) {
  OFFHOOK_ASSERT(block_count < kMaxBlocks);
  blocks[block_count++] = block;
}

std::optional<Report> parse_rtcp(ByteView datagram) {
  if (datagram.empty()) return std::nullopt;
  Report report;
  while (!datagram.empty()) {
    const auto packet = take_packet(datagram);
    if (!packet) return std::nullopt;
    if (packet->type == kSenderReport || packet->type == kReceiverReport) {
      if (!read_report(*packet, report)) return std::nullopt;
    } else if (packet->type == kSourceDescription) {
      if (!read_source_description(*packet, report)) return std::nullopt;
    } else if (packet->type == kBye) {
      report.bye = true;
    }
  }
  return report;
}

MutableByteView write_rtcp(const Report& report, MutableByteView out) {
  const std::string_view cname = report.cname.substr(0, kMaxCnameBytes);
  const std::size_t size = report_bytes(report) + source_description_bytes(cname) +
                           (report.bye ? kHeaderAndSsrcBytes : 0);
  if (size > out.size()) return {};
  Writer writer(out);
  write_report(report, writer);
  if (!cname.empty()) write_source_description(report.sender_ssrc, cname, writer);
  if (report.bye) {
    writer.header(1, kBye, kHeaderAndSsrcBytes);
    writer.u32(report.sender_ssrc);
  }
  OFFHOOK_ASSERT(writer.size() == size);
  return out.first(size);
}

std::uint64_t ntp_time(Time now) {
  using std::chrono::seconds;
  const auto since_start = now.time_since_epoch();
  const auto whole = std::chrono::floor<seconds>(since_start);
  const auto nanoseconds = static_cast<std::uint64_t>((since_start - whole).count());
  return (static_cast<std::uint64_t>(whole.count()) << 32) | (nanoseconds << 32) / 1'000'000'000;
}

std::optional<Duration> round_trip(const ReportBlock& block, Time now) {
  if (block.last_sender_report == 0) return std::nullopt;
  const auto middle = static_cast<std::uint32_t>(ntp_time(now) >> 16);
  const std::uint32_t units =
      middle - block.delay_since_last_sender_report - block.last_sender_report;
  // A minute and more (or negative, after the wrap) is a block that answers no report of ours.
  if (units >= 60u << 16) return std::nullopt;
  return Duration(static_cast<std::int64_t>(std::uint64_t{units} * 1'000'000'000 >> 16));
}

}  // namespace offhook::rtp
