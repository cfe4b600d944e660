#include "call/media_link.hpp"

#include <utility>

#include "call/media_commands.hpp"
#include "sip/message.hpp"

namespace offhook::call {
namespace {

// Ids are at most 64 bytes, a message 64 kB.
constexpr int kLegsInALease = 500;
constexpr std::uint32_t kSchemaVersion = 1;

std::string leg_of(const control::Command& command) {
  switch (command.kind_case()) {
    case control::Command::kAllocateLeg:
      return command.allocate_leg().leg_id();
    case control::Command::kSetRemote:
      return command.set_remote().leg_id();
    case control::Command::kBridge:
      return command.bridge().leg_a();
    case control::Command::kGetStatistics:
      return command.get_statistics().leg_id();
    case control::Command::kRelease:
      return command.release().leg_id();
    default:
      return {};
  }
}

// Without these there is no audio; the rest is a courtesy whose failure is only logged.
bool is_vital(control::Command::KindCase kind) {
  return kind == control::Command::kAllocateLeg || kind == control::Command::kSetRemote ||
         kind == control::Command::kBridge;
}

}  // namespace

void MediaLink::handle_connected(Time now) {
  handle_lost();
  state_ = State::Greeting;
  control::Command hello;
  hello.mutable_hello()->set_version(kSchemaVersion);
  hello.mutable_hello()->set_software(software_);
  post(std::move(hello), now);
  control::Command list;
  list.mutable_list();
  post(std::move(list), now);
}

void MediaLink::handle_lost() {
  state_ = State::Away;
  legs_.clear();
  pending_.clear();
  renew_at_.reset();
}

void MediaLink::send(control::Command command, LegOwner owner, Time now) {
  if (state_ == State::Away) return;
  if (command.has_allocate_leg()) {
    legs_.emplace(command.allocate_leg().leg_id(), Leg{owner});
    if (!renew_at_) renew_at_ = now + kLeaseRenewal;
  }
  if (command.has_release()) {
    const auto leg = legs_.find(command.release().leg_id());
    if (leg != legs_.end()) leg->second.releasing = true;
  }
  post(std::move(command), now);
}

void MediaLink::give(std::string_view leg_id, LegOwner to) {
  const auto leg = legs_.find(leg_id);
  if (leg != legs_.end()) leg->second.owner = to;
}

void MediaLink::post(control::Command command, Time now) {
  command.set_sequence(++sequence_);
  pending_.emplace(sequence_, Pending{command.kind_case(), leg_of(command), now});
  outputs_.emplace_back(SendCommand{std::move(command)});
}

std::optional<MediaLink::Delivery> MediaLink::handle(const control::Event& event, Time now) {
  std::optional<Pending> command;
  const auto pending = pending_.find(event.in_reply_to());
  if (pending != pending_.end()) {
    command = pending->second;
    const bool more = event.has_leg_list() && event.leg_list().more();
    if (!more) pending_.erase(pending);
  }
  switch (event.kind_case()) {
    case control::Event::kHello:
      handle_hello(event.hello());
      return std::nullopt;
    case control::Event::kLegList:
      release_strays(event.leg_list(), now);
      return std::nullopt;
    case control::Event::kDone:
      if (command && command->kind == control::Command::kRelease) legs_.erase(command->leg_id);
      if (legs_.empty()) renew_at_.reset();
      return std::nullopt;
    case control::Event::kCommandFailed:
      return handle_failed(event.command_failed(), command ? &*command : nullptr);
    case control::Event::kLegAllocated:
      return deliver(event.leg_allocated().leg_id(), false);
    case control::Event::kConnected:
      return deliver(event.connected().leg_id(), false);
    case control::Event::kDisconnected:
      return deliver(event.disconnected().leg_id(), false);
    case control::Event::kTimedOut:
      return deliver(event.timed_out().leg_id(), true);
    case control::Event::kLegFailed:
      return deliver(event.leg_failed().leg_id(), true);
    case control::Event::kLegStatistics: {  // asked for before the leg's release
      const auto leg = legs_.find(event.leg_statistics().leg_id());
      if (leg == legs_.end()) return std::nullopt;
      return Delivery{leg->second.owner, false};
    }
    default:
      return std::nullopt;  // digits have no reader yet
  }
}

void MediaLink::handle_hello(const control::Hello& hello) {
  // Media greets by itself or in reply; either answers ours.
  std::erase_if(pending_,
                [](const auto& item) { return item.second.kind == control::Command::kHello; });
  if (hello.version() < kSchemaVersion) {
    state_ = State::Away;
    log(LogEvent::Level::Error, "media_version_refused",
        {{"version", std::to_string(hello.version())}});
    return;
  }
  state_ = State::Ready;
  log(LogEvent::Level::Info, "media_ready", {{"software", sip::safe_text(hello.software())}});
}

void MediaLink::release_strays(const control::LegList& list, Time now) {
  for (const auto& leg_id : list.leg_id()) {
    if (legs_.contains(leg_id)) continue;
    post(release_leg(leg_id), now);
    log(LogEvent::Level::Info, "stray_leg_released", {{"leg", sip::safe_text(leg_id)}});
  }
}

std::optional<MediaLink::Delivery> MediaLink::handle_failed(const control::CommandFailed& failed,
                                                            const Pending* command) {
  const std::string leg_id =
      command != nullptr && !command->leg_id.empty() ? command->leg_id : failed.leg_id();
  const auto leg = legs_.find(leg_id);
  const std::string call = leg == legs_.end() ? "" : call_text(leg->second.owner.call);
  log(LogEvent::Level::Warning, "media_command_failed",
      {{"call", call},
       {"leg", sip::safe_text(leg_id)},
       {"reason", sip::safe_text(failed.message())}});
  if (command != nullptr && command->kind == control::Command::kRelease) {
    legs_.erase(leg_id);  // whatever it was, it cannot be used again
    if (legs_.empty()) renew_at_.reset();
    return std::nullopt;
  }
  const bool gone = failed.code() == control::CommandFailed::UNKNOWN_LEG;
  if (!gone && (command == nullptr || !is_vital(command->kind))) return std::nullopt;
  return deliver(leg_id, true);
}

std::optional<MediaLink::Delivery> MediaLink::deliver(const std::string& leg_id, bool fatal) const {
  const auto leg = legs_.find(leg_id);
  if (leg == legs_.end() || leg->second.releasing) return std::nullopt;
  return Delivery{leg->second.owner, fatal};
}

void MediaLink::handle_timeout(Time now) {
  if (!is_due(renew_at_, now)) return;
  renew_at_ = now + kLeaseRenewal;
  control::Command command;
  for (const auto& [leg_id, leg] : legs_) {
    if (leg.releasing) continue;
    command.mutable_renew_lease()->add_leg_id(leg_id);
    if (command.renew_lease().leg_id_size() == kLegsInALease) {
      post(std::exchange(command, {}), now);
    }
  }
  if (command.has_renew_lease()) post(std::move(command), now);
}

std::optional<MediaLink::Output> MediaLink::poll_output() {
  if (outputs_.empty()) return std::nullopt;
  Output output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

bool MediaLink::ready(Time now) const {
  return state_ == State::Ready &&
         (pending_.empty() || now - pending_.begin()->second.sent_at < kReplyTimeout);
}

void MediaLink::log(LogEvent::Level level, std::string event,
                    std::vector<std::pair<std::string, std::string>> fields) {
  outputs_.emplace_back(LogEvent{level, std::move(event), std::move(fields)});
}

}  // namespace offhook::call
