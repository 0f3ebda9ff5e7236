"""Days with their weekday where they are read in a sentence, twenty-four hours, and figures that line up in lists."""

DATE_FORMAT = "Y년 n월 j일 l"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "Y년 n월 j일 l H:i"
SHORT_DATE_FORMAT = "Y-m-d"
SHORT_DATETIME_FORMAT = "Y-m-d H:i"
