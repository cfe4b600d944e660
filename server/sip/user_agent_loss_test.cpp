#include "sip/user_agent_fixture.hpp"

// Hundreds of calls over a wire that loses one message in five: whatever happens, both sides come
// to know that each call is over, and nothing is left behind.
namespace offhook::sip {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Side = UserAgentPair::Side;

// What the two users do in one call; drawn from the seed.
struct Story {
  enum class CalleeDoes : std::uint8_t { Answer, Refuse, RingForEver, HangUpInstead } callee;
  Duration answers_after;
  std::optional<Duration> caller_hangs_up_after;
  std::optional<Duration> callee_hangs_up_after;
};

Story draw(Random& random) {
  const auto some_time = [&](unsigned up_to) { return milliseconds(random.below(up_to)); };
  Story story{.callee = static_cast<Story::CalleeDoes>(random.below(4)),
              .answers_after = some_time(3'000),
              .caller_hangs_up_after = std::nullopt,
              .callee_hangs_up_after = std::nullopt};
  if (random.below(2) == 0) story.caller_hangs_up_after = some_time(6'000);
  if (random.below(2) == 0) story.callee_hangs_up_after = some_time(6'000);
  return story;
}

class LossyCall {
 public:
  explicit LossyCall(std::uint64_t seed)
      : pair_(seed, Transport::Udp, config(seed)), random_(seed), story_(draw(random_)) {
    pair_.loss_percent = 20;
    pair_.doubles = random_.below(4) == 0;
    pair_.reacts = [this](Side side, const UserAgentOutput& event) { react(side, event); };
  }

  void play() {
    call_ = pair_.call();
    if (story_.caller_hangs_up_after) {
      pair_.at(Time{} + *story_.caller_hangs_up_after, [this] { hang_up(Side::Caller, call_); });
    }
    // Nobody talks or rings longer: what the switchboard's own timers do.
    pair_.at(Time{} + seconds(120), [this] {
      hang_up(Side::Caller, call_);
      if (callee_call_) hang_up(Side::Callee, *callee_call_);
    });
    pair_.run();
  }

  void expect_over() {
    EXPECT_TRUE(pair_.quiet());
    EXPECT_EQ(ends(Side::Caller), 1) << "the caller's session ends exactly once";
    EXPECT_EQ(ends(Side::Callee), callee_call_ ? 1 : 0) << "the callee's session ends exactly once";
    EXPECT_LE(pair_.all<InviteReceived>(Side::Callee).size(), 1U);
    EXPECT_LE(pair_.all<Accepted>(Side::Caller).size(), 1U);
    EXPECT_LE(pair_.all<Confirmed>(Side::Callee).size(), 1U);
  }

 private:
  // Every other call has a session timer, the shortest one: a call of two minutes is refreshed at
  // 45 and at 90 s.
  static UserAgent::Config config(std::uint64_t seed) {
    UserAgent::Config config;
    if (seed % 2 == 0) config.session_timer = SessionTimerPolicy{.interval = seconds(90)};
    return config;
  }
  void react(Side side, const UserAgentOutput& event) {
    if (const auto* reinvited = std::get_if<Reinvited>(&event)) {
      pair_.accept(reinvited->session, side);
    }
    if (const auto* invite = std::get_if<InviteReceived>(&event)) {
      callee_call_ = invite->session;
      pair_.ring(*callee_call_);
      pair_.at(pair_.now() + story_.answers_after, [this] { answer(); });
      if (story_.callee_hangs_up_after) {
        pair_.at(pair_.now() + *story_.callee_hangs_up_after,
                 [this] { hang_up(Side::Callee, *callee_call_); });
      }
    }
    const bool over = std::holds_alternative<Refused>(event) ||
                      std::holds_alternative<Ended>(event) ||
                      std::holds_alternative<Cancelled>(event);
    if (over) end(side);
  }
  void answer() {
    if (over_[index(Side::Callee)] > 0) return;
    switch (story_.callee) {
      case Story::CalleeDoes::Answer:
        pair_.accept(*callee_call_);
        break;
      case Story::CalleeDoes::Refuse:
        pair_.callee().reject(*callee_call_, 486, "", pair_.now());
        end(Side::Callee);
        break;
      case Story::CalleeDoes::RingForEver:
        break;
      case Story::CalleeDoes::HangUpInstead:
        hang_up(Side::Callee, *callee_call_);
        break;
    }
  }
  void hang_up(Side side, SessionId id) {
    if (over_[index(side)] > 0) return;
    pair_.agent(side).hang_up(id, "", pair_.now());
    end(side);
  }
  void end(Side side) { ++over_[index(side)]; }
  [[nodiscard]] int ends(Side side) const { return over_[index(side)]; }
  static std::size_t index(Side side) { return static_cast<std::size_t>(side); }

  UserAgentPair pair_;
  SeededRandom random_;
  Story story_;
  SessionId call_{};
  std::optional<SessionId> callee_call_;
  std::array<int, 2> over_{};
};

TEST(UserAgentLossTest, EveryCallEndsOnceOnBothSidesAndLeavesNothing) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    LossyCall call(seed);
    call.play();
    call.expect_over();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace offhook::sip
