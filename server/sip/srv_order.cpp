#include "sip/srv_order.hpp"

#include <algorithm>
#include <utility>

namespace offhook::sip {

// RFC 2782, "Weight": those of weight 0 stand first, so that they are drawn as seldom as the rule
// wants it; then one is drawn after the other, each in proportion to its weight.
void order_srv(std::vector<SrvRecord>& records, Random& random) {
  std::ranges::sort(records, {}, [](const SrvRecord& record) {
    return std::pair(record.priority, record.weight != 0);
  });
  for (auto next = records.begin(); next != records.end(); ++next) {
    const auto end = std::find_if(next, records.end(), [&](const SrvRecord& record) {
      return record.priority != next->priority;
    });
    std::uint64_t sum = 0;
    std::for_each(next, end, [&](const SrvRecord& record) { sum += record.weight; });
    std::uint64_t left = random.below(sum + 1);
    auto drawn = next;
    while (drawn->weight < left) {
      left -= drawn->weight;
      ++drawn;
    }
    std::rotate(next, drawn, drawn + 1);
  }
}

}  // namespace offhook::sip
