"""What is said on the pages: short lines in Korean, Japanese kana and English, and noises.

Only the look matters: lengths, punctuation and the shapes of the scripts are those of comics.
"""

from __future__ import annotations

import numpy as np

from webtoon_curate.synth.chance import pick

LANGUAGES = ("ko", "ja", "en")

_SPOKEN = {
    "ko": (
        "뭐라고?|잠깐만!|그게 무슨 소리야?|나도 몰라.|어제 분명히 여기 있었는데…|괜찮아?|미안해.|"
        "아직도 안 왔어?|정말 오랜만이다!|이번엔 절대 안 져.|배고프다…|그만 좀 해!|네?|어…|"
        "선배, 같이 가요!|오늘 저녁에 시간 있어?|그 얘긴 나중에 하자.|왜 이제야 말하는 거야?|"
        "비가 올 것 같은데.|문이 잠겨 있어.|내가 지켜줄게.|조용히 해.|여기는 어디지?|"
        "처음부터 알고 있었구나.|커피 마실래?|시험은 잘 봤어?|도망쳐!!|하하, 농담이야.|"
        "믿을 수 없어…|생각보다 일이 커졌네.|우리 다시 만날 수 있을까?|고마워요.|싫은데?|"
        "전하, 큰일 났습니다!|저 사람은 누구지?|약속했잖아.|다들 어디 간 거야?|살려 주세요!|"
        "회의는 세 시에 시작합니다.|팀장님, 보고서 다 됐습니다.|또 지각이네.|그럼 이만."
    ),
    "ja": (
        "えっ？|ちょっと まって！|なにを いってるの？|しらないよ。|だいじょうぶ？|ごめんね。|"
        "また あした！|はやく にげろ！|おなか すいた…|そんな ばかな！|ここは どこ？|うそだろ…|"
        "ありがとう ございます。|やめて！|いっしょに かえろう。|ほんとうに いいの？|よし、いくぞ！|"
        "だれか いるの？|きみが すきだ。|まけるものか！|きょうは あついね。|コーヒー のむ？|"
        "テストは どうだった？|おそいよ！|あの ひとは だれ？|ふふっ。|まさか…|わすれてた！"
    ),
    "en": (
        "What did you say?|Wait a minute!|I don't know either.|It was right here yesterday...|"
        "Are you okay?|Sorry.|They're still not here?|Long time no see!|I won't lose this time.|"
        "I'm starving...|Knock it off!|Huh?|Uh...|Let's go together!|Got time tonight?|"
        "We'll talk about it later.|Why tell me now?|Looks like rain.|The door is locked.|"
        "Stay behind me.|Be quiet.|Where am I?|So you knew all along.|Coffee?|How was the exam?|"
        "RUN!!|Ha ha, just kidding.|I can't believe it...|Thank you.|No way.|Who is that?|"
        "You promised.|Where did everybody go?|Help!|The meeting starts at three.|Late again."
    ),
}
_TOLD = {
    "ko": (
        "그날 밤, 모든 것이 달라졌다.|그로부터 3년 후|다음 날 아침|나는 아무 말도 할 수 없었다.|"
        "그때까지만 해도 몰랐다. 이 만남이 어떤 의미인지.|한편, 같은 시각|"
        "…그리고 아무도 돌아오지 않았다.|오래전 이 땅에는 용이 살았다.|서울, 오후 6시|"
        "마음이 이상하게 조용했다."
    ),
    "ja": (
        "その よる、すべてが かわった。|それから 三年後|つぎの あさ|わたしは なにも いえなかった。|"
        "そのころ、まちでは|だれも かえって こなかった。|むかし この くにには りゅうが いた。"
    ),
    "en": (
        "That night, everything changed.|Three years later|The next morning|"
        "I could not say a word.|Meanwhile, across town|...and nobody ever came back.|"
        "Dragons lived in this land once.|"
        "Seoul, 6 p.m.|I didn't know yet what that meeting would mean."
    ),
}
_NOISES = {
    "ko": "쾅|두근|두근두근|콰앙|휘이잉|덜컥|끼익|털썩|슥|찰칵|부스럭|탁|으악|헉|쿵|저벅|철컥|"
    "스르륵|팟|와아아|번쩍|쏴아",
    "ja": "ドン|ドキドキ|ゴゴゴ|ザアア|バン|ガタッ|キラッ|シーン|ざわざわ|ハッ|ドカーン|カチッ|"
    "ピタッ|ヒュウ|ズキッ",
    "en": "BAM|THUMP|CRASH|WHOOSH|CLICK|SLAM|CREAK|GASP|BOOM|TAP TAP|RUSTLE|ZAP|THUD|KRAK|SPLASH",
}

_TITLES = {
    "ko": "상태창|알림|퀘스트|레벨 업!|스킬 획득|경고|보상|던전 입장|시스템",
    "ja": "ステータス|クエスト|レベルアップ|スキル|けいこく|システム",
    "en": "STATUS|QUEST|LEVEL UP!|SKILL ACQUIRED|WARNING|REWARD|SYSTEM",
}
_COUNTS = {
    "ko": "이름: ???|레벨|힘|민첩|체력|지능|마력|칭호: 없음|직업: 헌터|등급|피로도|남은 시간|골드",
    "ja": "なまえ|レベル|ちから|すばやさ|たいりょく|まりょく|ランク|のこり じかん",
    "en": "Name: ???|Level|Strength|Agility|Stamina|Intellect|Mana|Title: none|Class: Hunter|Rank",
}
_SIGNS = {
    "ko": "편의점|커피|약국|노래방|치킨|부동산|분식|PC방|미용실|안경|병원|은행|호프|세탁|꽃집|"
    "서점|김밥|부대찌개|24시|학원|고시원|당구장|헬스",
    "ja": "コーヒー|ラーメン|カラオケ|くすり|ほん|とけい|いざかや|パン|はなや|ホテル",
    "en": "CAFE|PHARMACY|BOOKS|HOTEL|PIZZA|24H|BAR|BANK|MART|OPEN|NAILS|PUB|TAXI|EXIT|GYM",
}


def _one(rng: np.random.Generator, words: str) -> str:
    choices = words.split("|")
    return choices[rng.integers(len(choices))]


def titled(rng: np.random.Generator, language: str) -> str:
    """The heading of a game system's window."""
    return _one(rng, _TITLES[language])


def counted(rng: np.random.Generator, language: str) -> str:
    """A line of a game system's window, most with a number."""
    text = _one(rng, _COUNTS[language])
    return text if ":" in text else f"{text} : {rng.integers(1, 1000)}"


def sign(rng: np.random.Generator, language: str) -> str:
    """What stands over a shop."""
    return _one(rng, _SIGNS[language])


def spoken(rng: np.random.Generator, language: str) -> str:
    """One to three lines of speech."""
    lines = _SPOKEN[language].split("|")
    count = pick(rng, {1: 0.62, 2: 0.3, 3: 0.08})
    return " ".join(lines[i] for i in rng.choice(len(lines), count, replace=False))


def told(rng: np.random.Generator, language: str) -> str:
    """A line of narration."""
    return _one(rng, _TOLD[language])


def noise(rng: np.random.Generator, language: str) -> str:
    """A sound effect."""
    return _one(rng, _NOISES[language])


def wrapped(text: str, width: int, language: str) -> list[str]:
    """The text in lines of about `width` characters, broken at spaces; Japanese is set without."""
    lines, line = [], ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    lines.append(line)
    return lines if language != "ja" else [line.replace(" ", "") for line in lines]
