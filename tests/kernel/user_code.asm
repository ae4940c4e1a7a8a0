; user_code.asm - small position-independent programs that selftest.c copies into a user page.
; Called by: selftest.c (test_storm).
; Never: run in the kernel.
bits 32
global user_storm, user_storm_end

section .rodata
; Own value in the FPU and in every register that a call keeps; calls for ever; ends when [0x10000ff0] is not 0.
; ebx at entry: the value. Exit status: 0 all held, 1 not.
user_storm:
	mov esi, ebx
	mov edi, ebx
	not edi
	mov ebp, ebx
	push ebx
	fild dword [esp]              ; 31-bit values: exact
.again:
	fist dword [esp]
	cmp [esp], esi
	jne .bad
	mov eax, 77
	mov ebx, esi
	mov ecx, esi
	mov edx, edi
	int 0x80
	lea ebx, [esi + 1]
	cmp eax, ebx                  ; the call returns ebx + 1
	jne .bad
	cmp ecx, esi
	jne .bad
	cmp edx, edi
	jne .bad
	cmp ebp, esi
	jne .bad
	mov eax, ds
	cmp ax, 0x7b
	jne .bad
	inc dword [0x10000ff4]
	cmp dword [0x10000ff0], 0
	je .again
	xor ebx, ebx
	jmp .exit
.bad:	mov ebx, 1
.exit:	mov eax, 1
	int 0x80
	ud2
user_storm_end:
