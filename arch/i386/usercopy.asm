; usercopy.asm - the only instructions that touch user memory, each with its fix-up; and the page of signal trampolines.
; Called by: paging.c (after the range check), which the kernel knows as arch_copy_from_user and friends.
; Arguments come in eax, edx and ecx (-mregparm=3).
; Never: copies past a byte that faults: the count returned is exact.
bits 32

global usercopy_move, usercopy_zero, usercopy_scan
global arch_zero_page, arch_copy_page
global trampoline_page

%macro FIXUP 2                        ; if %1 faults for good, continue at %2
section .fixup_table progbits alloc noexec nowrite align=4
	dd %1, %2
section .text
%endmacro

section .text

; uint32_t usercopy_move(void *to, const void *from, uint32_t n): bytes not copied. Either side may be the user's.
usercopy_move:
	push esi
	push edi
	mov edi, eax
	mov esi, edx
	mov edx, ecx
	and edx, 3
	shr ecx, 2
.words:	rep movsd
	mov ecx, edx
.bytes:	rep movsb
.done:	mov eax, ecx
	pop edi
	pop esi
	ret
.slow:	lea ecx, [ecx * 4 + edx]      ; a word may begin before the bad page: go on by bytes
	jmp .bytes
FIXUP .words, .slow
FIXUP .bytes, .done

; uint32_t usercopy_zero(void *to, uint32_t n): bytes not zeroed
usercopy_zero:
	push edi
	mov edi, eax
	mov ecx, edx
	xor eax, eax
	and edx, 3
	shr ecx, 2
.words:	rep stosd
	mov ecx, edx
.bytes:	rep stosb
.done:	mov eax, ecx
	pop edi
	ret
.slow:	lea ecx, [ecx * 4 + edx]
	jmp .bytes
FIXUP .words, .slow
FIXUP .bytes, .done

; int32_t usercopy_scan(const char *s, uint32_t max): bytes before the first NUL; max: none; -1: fault
usercopy_scan:
	push edi
	mov edi, eax
	mov ecx, edx
	xor eax, eax
	test ecx, ecx
	jz .none
.scan:	repne scasb
	jne .none
	inc ecx
	sub edx, ecx
.none:	mov eax, edx
	pop edi
	ret
.bad:	mov eax, -1
	pop edi
	ret
FIXUP .scan, .bad

; void arch_zero_page(void *page)
arch_zero_page:
	push edi
	mov edi, eax
	mov ecx, 1024
	xor eax, eax
	rep stosd
	pop edi
	ret

; void arch_copy_page(void *dst, const void *src)
arch_copy_page:
	push esi
	push edi
	mov edi, eax
	mov esi, edx
	mov ecx, 1024
	rep movsd
	pop edi
	pop esi
	ret

; The page at TRAMPOLINE in every space. Debuggers and unwinders know these bytes.
section .trampoline progbits alloc noexec nowrite align=4096
trampoline_page:
	pop eax                       ; sigreturn: the signal number's slot
	mov eax, 119
	int 0x80
	times 16 - ($ - trampoline_page) db 0x90
	mov eax, 173                  ; rt_sigreturn
	int 0x80
	times 4096 - ($ - trampoline_page) db 0xcc
