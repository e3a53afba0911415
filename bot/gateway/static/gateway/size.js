// Before the first paint: the text size chosen last time.
document.documentElement.dataset.size = localStorage.getItem("motcua.size") || "0";
