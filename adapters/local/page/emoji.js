// The emoji that can be picked: the sign, what it is called, and whether it has tones of skin.
export const EMOJI = [
  ["👍", "thumbs up", true], ["👎", "thumbs down", true], ["👏", "clapping", true], ["🙏", "thank you", true],
  ["🙌", "raised hands", true], ["💪", "strong", true], ["👋", "waving", true], ["👌", "okay", true],
  ["🤝", "handshake", false], ["✋", "raised hand", true], ["👀", "eyes", false], ["🤔", "thinking", false],
  ["😀", "grinning", false], ["😂", "tears of joy", false], ["🙂", "smiling", false], ["😅", "sweat", false],
  ["😮", "surprised", false], ["😢", "crying", false], ["😱", "screaming", false], ["😴", "sleeping", false],
  ["❤️", "heart", false], ["🎉", "party", false], ["🚀", "rocket", false], ["🔥", "fire", false],
  ["✅", "check mark", false], ["⚠️", "warning", false], ["🚨", "alarm", false], ["🐛", "bug", false],
  ["🔧", "wrench", false], ["⏪", "roll back", false], ["⏳", "hourglass", false], ["📈", "going up", false],
  ["📉", "going down", false], ["💡", "bulb", false], ["☕", "coffee", false], ["🌙", "moon", false],
  ["📍", "round pin", false], ["💯", "hundred", false], ["➕", "plus", false], ["❓", "question mark", false],
];

export const TONES = [["", "no tone"], ["🏻", "light"], ["🏼", "medium light"], ["🏽", "medium"], ["🏾", "medium dark"], ["🏿", "dark"]];

export const toned = (sign, tone) => (tone ? sign.replace("\uFE0F", "") + tone : sign);
